"""What a campaign says: money, depth, windows, limits. `offers.campaign_file` reads it."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from msgspec import Meta, Struct

from offers.campaign_scope import Products, Stores
from offers.depth import Depth, Kind
from offers.slots import minute_of

__all__ = ["Budget", "Campaign", "Depth", "Limits", "Planning", "Prior", "Products", "Send", "Slot", "Stop", "Stores"]

Share = Annotated[float, Meta(ge=0, le=1)]
Cents = Annotated[int, Meta(ge=0, le=10**12)]
Hours = Annotated[int, Meta(ge=1, le=24)]


class Budget(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Money: `granted_cents` for the whole campaign and, where given, at most so much per store, user or local day of the
    store; of each, `reserve_share` is kept back from new coupons.

    Policy `strict` never pays above a grant, even if every coupon sent comes back; `honour` pays coupons already sent
    up to `overspend_cents` above it.
    """

    granted_cents: Cents
    per_store_cents: Cents | None = None
    per_user_cents: Cents | None = None
    per_day_cents: Cents | None = None
    reserve_share: Share = 0.15
    policy: Literal["strict", "honour"] = "strict"
    overspend_cents: Cents = 0

    @property
    def reserve_cents(self) -> int:
        """The reserve in whole cents, rounded up."""
        return math.ceil(self.granted_cents * Fraction(str(self.reserve_share)))

    @property
    def most_cents(self) -> dict[str, int]:
        """By key, what its purse can promise at most, the reserve kept back: a dearer coupon could never be paid without it.

        Empty where nothing is granted at all: then nothing is sent, and the plan says so.
        """
        if not self.granted_cents:
            return {}
        keys = ("granted_cents", "per_store_cents", "per_user_cents", "per_day_cents")
        purses = {key: cents for key in keys if (cents := getattr(self, key)) is not None}
        return {key: cents - math.ceil(cents * Fraction(str(self.reserve_share))) for key, cents in purses.items()}


class Slot(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The window: `hours` from the start of the user's likeliest hour, cut at closing time; it begins in one of `dayparts`
    where any are named (`offers.campaign_scope.hours_of`)."""

    hours: Hours = 2
    dayparts: Annotated[tuple[str, ...], Meta(max_length=24)] = ()


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
    """Caps: coupons a user may use a local day and in all, and all users together; seconds a hold lives, a till's queue
    is served after the window, a signed token lives, and a till without network has to bring in what it paid after that;
    most a till's clock may differ (None: any)."""

    per_user_day: Annotated[int, Meta(ge=1, le=1000)] = 1
    per_user: Annotated[int, Meta(ge=1, le=10**6)] | None = None
    coupons: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    hold_s: Annotated[int, Meta(ge=1, le=86400)] = 300
    grace_s: Annotated[int, Meta(ge=0, le=3600)] = 0
    token_s: Annotated[int, Meta(ge=60, le=86400)] = 14_400
    sync_s: Annotated[int, Meta(ge=60, le=30 * 86400)] = 86_400
    max_till_skew_s: Annotated[int, Meta(ge=0, le=10**9)] | None = None


class Planning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How offers are looked for: among `n_products` top-ranked products and the `n_slots` likeliest windows of the day, sparing
    `holdout_share` of users by hash; a person's day tries an arm by chance with probability `explore_share`."""

    n_products: Annotated[int, Meta(ge=1, le=1000)] = 30
    n_slots: Annotated[int, Meta(ge=1, le=24)] = 1
    explore_share: Share = 0.0
    holdout_share: Annotated[float, Meta(ge=0, lt=1)] = 0.05


class Prior(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Beliefs, not measurements. `response_slope`: log-odds of buying per share of price off; None takes the artifact's.
    `contact_cents`: what one message costs in patience. `visit_visits` in `visit_days`: a gamma prior on visits a day.
    `second_unit_share`: of purchases of a product, those of two units or more."""

    contact_cents: Annotated[float, Meta(ge=0, le=10**6)] = 0.0
    response_slope: Annotated[float, Meta(ge=0, le=100)] | None = None
    visit_visits: Annotated[float, Meta(gt=0, le=10**6)] = 1.0
    visit_days: Annotated[float, Meta(gt=0, le=10**6)] = 7.0
    second_unit_share: Annotated[float, Meta(gt=0, le=1)] = 0.15


class Stop(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When a campaign stops by itself: with the upper end of its lift's interval below zero, or a return on spend (incremental
    margin for every cent paid) under a threshold. Judged before each plan, by the newest `daypart lift` (`offers.stop_rules`)."""

    lift_upper_below_zero: bool = False
    min_return_on_spend: Annotated[float, Meta(ge=0, le=1000)] | None = None


class Campaign(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One campaign. Immutable; `offers.campaign_file.load_campaign` reads and checks it.

    `version` is no key of the file but a hash of what it says. `starts` and `ends`: the first and last local day.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    budget: Budget
    depth: Depth
    version: str = ""
    kind: Kind = "money_off"
    stopped: bool = False
    starts: date | None = None
    ends: date | None = None
    products: Products = Products()
    stores: Stores = Stores()
    slot: Slot = Slot()
    send: Send = Send()
    limits: Limits = Limits()
    plan: Planning = Planning()
    prior: Prior = Prior()
    stop: Stop = Stop()
