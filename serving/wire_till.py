"""The wire of tills: what they ask of a coupon and what they get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from serving.wire import Ask, Cents, Id, Moment, Quantity

MAX_LINES = 500


class BasketLine(Ask, frozen=True):
    """One line of a basket. `unit_price_cents` is before our coupon; `discount_cents` is what others took off a unit."""

    product_id: Id
    quantity: Quantity = 1
    unit_price_cents: Cents | None = None
    discount_cents: Cents = 0


Lines = Annotated[tuple[BasketLine, ...], Meta(min_length=1, max_length=MAX_LINES)]


class ValidateAsk(Ask, frozen=True):
    """Body of `validate`: what is left out is not judged. `till_time` is the moment judged, by default now."""

    store_id: Id | None = None
    order_id: Id | None = None
    lines: Lines | None = None
    user_id: Id | None = None
    till_time: Moment | None = None
    till_id: Id | None = None


class SaleAsk(Ask, frozen=True):
    """Body of `hold` and `redeem`."""

    store_id: Id
    order_id: Id
    lines: Lines
    user_id: Id | None = None
    till_time: Moment | None = None
    till_id: Id | None = None


class UndoAsk(Ask, frozen=True):
    """Body of `release` and `reverse`: the order named is the one that holds or redeemed. A reversal with `lines` takes back the
    share of the units in them, without lines all that is left."""

    order_id: Id
    store_id: Id | None = None
    lines: Lines | None = None
    user_id: Id | None = None
    till_time: Moment | None = None
    till_id: Id | None = None


class Quote(Struct, frozen=True, kw_only=True):
    """Answer of `validate`: what redeeming now would pay."""

    kind: str
    coupon_code: str
    offer_id: str
    order_id: str | None
    product_id: str
    store_id: str
    discount_cents: int
    currency: str
    at: datetime
    points: int | None = None


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """Answer of `hold`, `redeem`, `release`, `reverse`: the journal's entry. The same key and body bring it again. `reason` of a
    reversal is `overpaid` where a till without network had paid what no budget owed."""

    entry_id: str
    kind: str
    coupon_code: str
    offer_id: str
    order_id: str
    product_id: str
    store_id: str
    discount_cents: int
    currency: str
    at: datetime
    held_until: datetime | None = None
    units: int | None = None
    reason: str | None = None
    points: int | None = None
