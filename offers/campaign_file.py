"""Campaigns as files: `campaigns/<id>.toml`, validated once, at the door. An unknown key is refused, never ignored.

What can't work is refused in one line: file, line, key, reason and remedy. `offers.campaign_faults` judges a file by itself,
`offers.campaign_fit` beside the tables and the day it is planned for.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from feature_repo.events import in_one_form
from offers.campaign import Campaign
from offers.campaign_faults import Fault, faults, not_finite
from offers.campaign_lines import line_of

_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `([^`]+)`")
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


class CampaignError(Exception):
    """A campaign file is missing or wrong. The message names file, line, key, reason and remedy."""


def load_campaign(folder: Path, campaign_id: str = "usual") -> Campaign:
    """Read and check `folder/<campaign_id>.toml`. Raises CampaignError with one plain line."""
    path = folder / f"{campaign_id}.toml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", campaign_id) or not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none"
        raise CampaignError(f"{path}: no such campaign; campaigns in {folder}: {known}")
    try:
        told = tomllib.loads(in_one_form(path.read_text("utf-8")))
    except OSError as error:
        raise CampaignError(f"{path}: can't be read ({error.strerror}); mend its rights") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CampaignError(f"{path}:{_unreadable(error, path)}; mend that line") from None
    if "version" in told:
        refuse(path, [("version", "is made from what the file says; remove the key")])
    refuse(path, not_finite(told))
    try:
        campaign = msgspec.convert(told, Campaign)
    except msgspec.ValidationError as error:
        refuse(path, [_misfit(str(error))])
    refuse(path, faults(campaign, campaign_id))
    return msgspec.structs.replace(campaign, version=version_of(told))


def refuse(path: Path, found: Iterable[Fault]) -> None:
    """Raise CampaignError for the first of (key, reason), if there is one; the line too where the file can be read."""
    for key, reason in found:
        try:
            line = f"{line_of(path.read_text('utf-8'), key)}:"
        except (OSError, UnicodeDecodeError):
            line = ""
        raise CampaignError(f"{path}:{line} {key}: {reason}")


def version_of(told: dict[str, Any]) -> str:
    """Twelve hex digits of the SHA-256 of what a file says; its comments and the order of its keys don't count."""
    said = json.dumps(told, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _unreadable(error: UnicodeDecodeError | tomllib.TOMLDecodeError, path: Path) -> str:
    """The line and why it can't be read."""
    if isinstance(error, UnicodeDecodeError):
        line, reason = error.object.count(b"\n", 0, error.start) + 1, f"not UTF-8, {error.reason}"
    elif at := _AT.search(str(error)):
        line, reason = int(at[1]), f"{str(error)[: at.start()]}, column {at[2]}"
    else:
        line, reason = max(1, len(path.read_text("utf-8").splitlines())), str(error).replace(" (at", ", at").rstrip(")")
    return f"{line}: can't be read as TOML ({reason})"


def _misfit(error: str) -> Fault:
    reason, _, where = error.partition(" - at ")
    key = where.strip("`").removeprefix("$").removeprefix(".")
    field = _FIELD.match(reason)
    if field:
        key = f"{key}.{field[1]}" if key else field[1]
        reason = "no such key" if "unknown" in reason else "must be there"
    return key, f"{reason}; mend or remove the key" if reason != "must be there" else f"{reason}; add it"
