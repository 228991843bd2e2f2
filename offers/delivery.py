"""What became of an offer: acknowledged by who sent it, shown in its user's wallet."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.answers import Offer
from offers.codes import shown
from offers.outbox import exposure_event, post
from offers.slots import zone_of
from offers.tables import coupons, stores

_SAID = tuple(name for name in Offer.__dataclass_fields__ if name != "coupon_code")
_CLOCK = (stores.c.timezone, stores.c.opens, stores.c.closes, stores.c.closed_days)
OFFERS = sa.select(*(coupons.c[name] for name in (*_SAID, "code", "seq", "held_until")), *_CLOCK).outerjoin(
    stores, stores.c.store_id == coupons.c.store_id
)
"""Coupons with their store's clock, whose columns are empty for a store that the ledger doesn't know."""


def acknowledge(connection: sa.Connection, offer_id: str, outcome: str, now: datetime) -> str | None:
    """Note that an offer was delivered or failed; the state after it, None for an unknown offer.

    The first "delivered" also posts an exposure event. "delivered" wins over "failed", whatever comes first.
    """
    if outcome not in ("delivered", "failed"):
        raise ValueError(f"{outcome!r} is neither delivered nor failed")
    mine = coupons.c.offer_id == offer_id
    worse = coupons.c.delivery.is_(None) if outcome == "failed" else coupons.c.delivery.is_distinct_from("delivered")
    news = sa.update(coupons).where(mine, worse).values(delivery=outcome, delivered_at=now)
    changed = connection.execute(news).rowcount == 1
    row = connection.execute(sa.select(coupons).where(mine)).one_or_none()
    if row is None:
        return None
    if changed and outcome == "delivered":
        post(connection, offer_id, exposure_event(offer_id, row.product_id, row.store_id, now), now)
    return str(row.delivery)


def wallet(connection: sa.Connection, user_id: str, now: datetime) -> list[Offer]:
    """The user's coupons that can still be used, by beginning of their windows, then id."""
    usable = coupons.c.state.in_(("issued", "held")) & (coupons.c.valid_until > now)
    rows = connection.execute(
        OFFERS.where(coupons.c.user_id == user_id, usable).order_by(coupons.c.valid_from, coupons.c.offer_id)
    )
    return [offer_of(row) for row in rows]


def offer_of(row: Any) -> Offer:
    """A row of `OFFERS` as an offer, times in its store's zone."""
    zone = zone_of(row.timezone or "UTC")
    told = {name: getattr(row, name) for name in _SAID}
    for name in ("send_at", "valid_from", "valid_until"):
        told[name] = told[name].astimezone(zone)
    told["text"] = json.loads(told["text"])
    told["discount_cents"] = 0 if row.points else row.discount_cents
    return Offer(coupon_code=shown(row.code), **told)
