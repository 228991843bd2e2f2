"""The nouns of the ledger: immutable values that the rules read. Money is whole cents, time is aware.

A coupon goes `issued → held → redeemed → reversed`; a hold that is let go or runs out leads back to `issued`, and a
coupon withdrawn unused is `released` for good. A reversed coupon stays used: the money is back, the coupon is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["issued", "held", "redeemed", "reversed", "released"]


@dataclass(frozen=True)
class Line:
    """One line of a basket: `unit_price_cents` is before our coupon, `discount_cents` what others took off a unit."""

    product_id: str
    quantity: int = 1
    unit_price_cents: int | None = None
    discount_cents: int = 0


@dataclass(frozen=True)
class Coupon:
    """One coupon with the terms it was issued under and where it stands. The window is half-open, in UTC or any zone."""

    offer_id: str
    campaign_id: str
    decision_id: str
    user_id: str | None
    product_id: str
    store_id: str
    discount_cents: int
    price_cents: int
    floor_cents: int
    expected_cents: int
    valid_from: datetime
    valid_until: datetime
    state: State = "issued"
    order_id: str | None = None
    held_until: datetime | None = None


@dataclass(frozen=True)
class Account:
    """A campaign's money at one moment, in cents.

    `held_cents` are live holds, `promised_cents` the expected cost of open coupons; both are reckoned at that moment,
    so whatever has run out counts for nothing without a sweeper. `reserve_cents` is kept back from new coupons; it is
    there to pay those already sent, so holds and redemptions may use it.
    """

    campaign_id: str
    granted_cents: int
    reserve_cents: int
    spent_cents: int = 0
    held_cents: int = 0
    promised_cents: int = 0
    max_per_user_day: int = 1
    hold_s: int = 300
    stopped: bool = False


@dataclass(frozen=True)
class Facts:
    """What the rules can't see by themselves: the store at the judged moment, its stock, the user's day.

    `user_today` counts the user's other coupons of this campaign on the judged local day: for an issue those already
    issued for it, else those redeemed or under a live hold. None means unknown, and unknown refuses nothing.
    """

    store_open: bool | None = None
    stock_units: int | None = None
    user_today: int = 0


@dataclass(frozen=True)
class Book:
    """Everything one decision reads. `coupon` is None when no such coupon exists."""

    coupon: Coupon | None
    account: Account | None
    facts: Facts = Facts()
