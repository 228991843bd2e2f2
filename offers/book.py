"""The nouns of the ledger: immutable values that the rules read. Money is whole cents, time is aware.

A coupon goes `issued → held → redeemed → reversed`; a hold that is let go or runs out leads back to `issued`, and a
coupon withdrawn unused is `released` for good. A reversed coupon stays used: the money is back, the coupon is not.
One that a till without network paid against the rules is `overpaid`: used as well, and no budget owes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

T = TypeVar("T")
State = Literal["issued", "held", "redeemed", "reversed", "released", "overpaid"]
USED: tuple[State, ...] = ("redeemed", "reversed", "overpaid")
"""States of a coupon that has paid an order, once and for all."""
RETURNABLE: tuple[State, ...] = ("redeemed", "overpaid")
Scope = Literal["chain", "campaign", "store", "user", "day"]


@dataclass(frozen=True)
class Line:
    """One line of a basket: `unit_price_cents` is before our coupon, `discount_cents` what others took off a unit."""

    product_id: str
    quantity: int = 1
    unit_price_cents: int | None = None
    discount_cents: int = 0


@dataclass(frozen=True)
class Coupon:
    """One coupon: the terms it was issued under and where it stands. The window is half-open, in UTC or any zone.

    Held, its discount is set aside until `held_until`: for an order (until `order_until`), a signed token, or both. `units`
    were paid (`min_quantity` at least), `returned` came back. With `points`, `discount_cents` is what they cost: no money off."""

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
    order_until: datetime | None = None
    token_id: str | None = None
    used_day: str | None = None
    units: int = 0
    returned: int = 0
    min_quantity: int = 1
    points: int = 0


@dataclass(frozen=True, kw_only=True)
class Purse:
    """The money of one scope of a budget at one moment, in cents.

    `held_cents` are live holds (when a coupon is judged, of the others), `promised_cents` the expected cost of open
    coupons; both are reckoned at that moment, so whatever has run out counts for nothing without a sweeper.
    `reserve_cents` is kept back from new coupons; it is there to pay those already sent, so holds and redemptions may use
    it. `overspend_cents` is what coupons already sent may cost above the grant (policy `honour`; 0 is `strict`).
    """

    scope: Scope = "campaign"
    granted_cents: int
    reserve_cents: int = 0
    overspend_cents: int = 0
    spent_cents: int = 0
    held_cents: int = 0
    promised_cents: int = 0


@dataclass(frozen=True)
class Account(Purse):
    """A campaign's purse with its limits; `n_used` counts coupons redeemed or (of the others) under a live hold.

    Limits that are None don't limit. `token_s` is how long a signed token lives, `sync_s` how long after that a till may bring
    in what it paid without network.
    """

    campaign_id: str
    max_per_user_day: int = 1
    max_per_user: int | None = None
    max_coupons: int | None = None
    hold_s: int = 300
    grace_s: int = 0
    token_s: int = 14_400
    sync_s: int = 86_400
    stopped: bool = False
    n_used: int = 0


@dataclass(frozen=True)
class Stacked:
    """Another coupon of ours on the same product in the same order: it too lowers the price of one unit."""

    offer_id: str
    discount_cents: int
    floor_cents: int


@dataclass(frozen=True)
class Facts:
    """What the rules can't see by themselves: the store at the judged moment, its stock, the user, the order.

    `user_today` counts the user's other coupons of this campaign on the judged local day: for an issue those already
    issued for it, else those redeemed or under a live hold; `user_ever` the same over all days. None means unknown, and
    unknown refuses nothing. `day` is the store's calendar day that is judged.
    """

    store_open: bool | None = None
    stock_units: int | None = None
    user_today: int = 0
    user_ever: int = 0
    day: str | None = None
    stacked: tuple[Stacked, ...] = ()


@dataclass(frozen=True)
class Book:
    """Everything one decision reads. `coupon` is None when no such coupon exists.

    `purses` are the budgets of other scopes that the coupon falls under: the whole chain's, its store's, its user's, the
    day's.
    """

    coupon: Coupon | None
    account: Account | None
    facts: Facts = Facts()
    purses: tuple[Purse, ...] = ()


def changed(value: T, **changes: Any) -> T:
    """`dataclasses.replace` for the values of this page, at a fifth of its cost: nothing is checked in their making, so their
    fields are copied. Raises TypeError for a name that is no field."""
    fields = value.__dict__
    if not changes.keys() <= fields.keys():
        raise TypeError(f"{type(value).__name__} has no field {sorted(changes.keys() - fields.keys())}")
    new = object.__new__(type(value))
    new.__dict__.update(fields, **changes)
    return new
