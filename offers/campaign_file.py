"""Campaigns as files: `campaigns/<id>.toml`, validated once, at the door. An unknown key is refused, never ignored."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

from offers.campaign import Campaign
from offers.slots import DAY, minute_of


class CampaignError(Exception):
    """A campaign file is missing or wrong. The message names file, key, reason and remedy."""


def load_campaign(folder: Path, campaign_id: str = "usual") -> Campaign:
    """Read and check `folder/<campaign_id>.toml`. Raises CampaignError with one plain line."""
    path = folder / f"{campaign_id}.toml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", campaign_id) or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none"
        raise CampaignError(f"{path}: no such campaign; campaigns in {folder}: {known}")
    try:
        campaign = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Campaign)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CampaignError(f"{path}: can't be read as TOML ({error}); mend that line") from None
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        key = where.strip("`").removeprefix("$").removeprefix(".") or "top level"
        raise CampaignError(f"{path}: {key}: {reason}; mend or remove the key") from None
    for key, reason in _faults(campaign, campaign_id):
        raise CampaignError(f"{path}: {key}: {reason}")
    return campaign


def _faults(campaign: Campaign, stem: str) -> list[tuple[str, str]]:
    faults = []
    if campaign.id != stem:
        faults.append(("id", f"{campaign.id!r} is not the file's name; write {stem!r} or rename the file"))
    ladder = campaign.depth.ladder_cents
    if list(ladder) != sorted(set(ladder)):
        faults.append(("depth.ladder_cents", "must rise from step to step; sort it and drop repeats"))
    if 0 < campaign.budget.granted_cents < ladder[0]:
        faults.append(("budget.granted_cents", f"doesn't pay one coupon of {ladder[0]} cents; raise it or set 0"))
    honours = campaign.budget.policy == "honour"
    if honours != (campaign.budget.overspend_cents > 0):
        told = (
            "say how far above the grant coupons already sent are paid" if honours else "only policy honour overspends"
        )
        faults.append(("budget.overspend_cents", f"{told}; mend it or the policy"))
    for key in ("at", "quiet_from", "quiet_until"):
        try:
            if minute_of(getattr(campaign.send, key)) == DAY:
                faults.append((f"send.{key}", "write 00:00 for midnight"))
        except ValueError as error:
            faults.append((f"send.{key}", str(error)))
    return faults
