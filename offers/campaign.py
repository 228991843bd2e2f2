"""Campaigns as files: `campaigns/<id>.toml`, validated once, at the door. An unknown key is refused, never ignored."""

from __future__ import annotations

import math
import re
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from offers.slots import DAY, minute_of

Share = Annotated[float, Meta(ge=0, le=1)]
Cents = Annotated[int, Meta(ge=0, le=10**12)]
Hours = Annotated[int, Meta(ge=1, le=24)]


class CampaignError(Exception):
    """A campaign file is missing or wrong. The message names file, key, reason and remedy."""


class Budget(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money: `granted_cents` for the whole campaign, of which `reserve_share` is kept back from new coupons."""

    granted_cents: Cents
    reserve_share: Share = 0.15

    @property
    def reserve_cents(self) -> int:
        """The reserve in whole cents, rounded up."""
        return math.ceil(self.granted_cents * Fraction(str(self.reserve_share)))


class Depth(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Discounts tried, ascending cents; the price paid stays at cost × (1 + min_margin_share) or above."""

    ladder_cents: Annotated[tuple[Annotated[int, Meta(ge=1, le=10**9)], ...], Meta(min_length=1, max_length=64)]
    min_margin_share: Annotated[float, Meta(ge=0, le=10)] = 0.05


class Slot(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The window: `hours` from the start of the user's usual hour, cut at closing time."""

    hours: Hours = 2


class Send(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When offers go out, by the store's clock: `at`, `days_before` the window, never in the quiet time."""

    days_before: Annotated[int, Meta(ge=0, le=14)] = 1
    at: str = "18:00"
    quiet_from: str = "21:00"
    quiet_until: str = "08:00"

    @property
    def minute(self) -> int:
        """`at` as minute of the day."""
        return minute_of(self.at) or 0

    @property
    def quiet(self) -> tuple[int, int]:
        """The quiet time as minutes of the day, half-open, perhaps over midnight."""
        return minute_of(self.quiet_from) or 0, minute_of(self.quiet_until) or 0


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Caps: coupons a user may use a local day; seconds a hold lives; most a till's clock may differ (None: any)."""

    per_user_day: Annotated[int, Meta(ge=1, le=1000)] = 1
    hold_s: Annotated[int, Meta(ge=1, le=86400)] = 300
    max_till_skew_s: Annotated[int, Meta(ge=0)] | None = None


class Planning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How offers are looked for: among `n_products` top-ranked products, sparing `holdout_share` of users by hash."""

    n_products: Annotated[int, Meta(ge=1, le=1000)] = 30
    holdout_share: Annotated[float, Meta(ge=0, lt=1)] = 0.05


class Prior(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Beliefs, not measurements. `response_slope`: log-odds of buying per share of price off; None takes the artifact's.
    `contact_cents`: what one message costs in patience. `visit_visits` in `visit_days`: a gamma prior on visits a day."""

    contact_cents: Annotated[float, Meta(ge=0, le=10**6)] = 0.0
    response_slope: Annotated[float, Meta(ge=0, le=100)] | None = None
    visit_visits: Annotated[float, Meta(gt=0)] = 1.0
    visit_days: Annotated[float, Meta(gt=0)] = 7.0


class Products(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is offered: everything but products one of whose category's parts (`A > B > C`) is excluded by name."""

    exclude_categories: tuple[str, ...] = ()


class Campaign(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One campaign. Immutable; `load_campaign` reads and checks it."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    budget: Budget
    depth: Depth
    stopped: bool = False
    slot: Slot = Slot()
    send: Send = Send()
    limits: Limits = Limits()
    plan: Planning = Planning()
    prior: Prior = Prior()
    products: Products = Products()


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
    for key in ("at", "quiet_from", "quiet_until"):
        try:
            if minute_of(getattr(campaign.send, key)) == DAY:
                faults.append((f"send.{key}", "write 00:00 for midnight"))
        except ValueError as error:
            faults.append((f"send.{key}", str(error)))
    return faults
