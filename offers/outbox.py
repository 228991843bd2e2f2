"""The outbox: events written in the transaction that made them true, and sent into the lake afterwards.

Rows are found by a sent flag, never by an id cursor: a smaller id may commit later. A row may be sent twice (a crash
between sending and marking); its event_id stays the same, and ingest takes an event_id once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from offers.commands import Entry
from offers.tables import coupons, outbox


def redemption_event(entry: Entry, product_id: str, unit_price_cents: int, points: int = 0) -> dict[str, Any]:
    """The event of a redemption, without its user: that is joined when it is sent, so an erasure reaches it. Points take
    nothing off the price."""
    return {
        "event_id": f"redemption:{entry.offer_id}",
        "event_type": "redemption",
        # A till's clock may run ahead; what is recorded has happened.
        "occurred_at": min(entry.judged_at, entry.at).astimezone(UTC).isoformat(),
        "product_id": product_id,
        "store_id": entry.store_id,
        "order_id": entry.order_id,
        "quantity": 1,
        "unit_price_cents": unit_price_cents,
        "discount_cents": 0 if points else entry.amount_cents,
        "coupon_id": entry.offer_id,
    }


def exposure_event(offer_id: str, product_id: str, store_id: str, at: datetime) -> dict[str, Any]:
    """The event of an offer delivered to its user."""
    return {
        "event_id": f"exposure:{offer_id}",
        "event_type": "exposure",
        "occurred_at": at.astimezone(UTC).isoformat(),
        "product_id": product_id,
        "store_id": store_id,
        "coupon_id": offer_id,
    }


def plain_event(event: dict[str, Any] | str) -> str:
    """One text for one event, however a revision wrote it."""
    return msgspec.json.encode(json.loads(event) if isinstance(event, str) else event, order="sorted").decode()


def post(connection: sa.Connection, offer_id: str, event: dict[str, Any], now: datetime) -> None:
    """Put an event into the outbox, in the caller's transaction."""
    connection.execute(sa.insert(outbox).values(offer_id=offer_id, event=plain_event(event), made_at=now))


def pending(connection: sa.Connection, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """The oldest `limit` events not sent yet, as (id, event)."""
    rows = connection.execute(
        sa.select(outbox.c.id, outbox.c.event, coupons.c.user_id)
        .join(coupons, coupons.c.offer_id == outbox.c.offer_id)
        .where(outbox.c.sent_at.is_(None))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    return [(row.id, {**json.loads(row.event), "user_id": row.user_id}) for row in rows]


def mark_sent(connection: sa.Connection, ids: Sequence[int], now: datetime) -> None:
    """Mark events as sent; unknown and marked ids are left alone."""
    for start in range(0, len(ids), 500):
        chosen = outbox.c.id.in_(ids[start : start + 500]) & outbox.c.sent_at.is_(None)
        connection.execute(sa.update(outbox).where(chosen).values(sent_at=now))
