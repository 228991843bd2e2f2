"""Pulling: due offers page by page, delivery acknowledged, the wallet.

The cursor works in passes. The first pass walks the window by (send_at, number) over the offers that existed when it
began; when it is through, the next pass walks those issued since, and so on. Numbers are given under a lock held until
commit, so no offer of an earlier pass can appear late: a cursor never skips and never repeats, however plans run beside it.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.answers import CursorError, Offer, Page
from offers.codes import shown
from offers.columns import micros
from offers.outbox import exposure_event, post
from offers.slots import zone_of
from offers.tables import counters, coupons, stores


def due(connection: sa.Connection, from_: datetime, to: datetime, limit: int, cursor: str | None) -> Page:
    """At most `limit` offers with `from_` <= send_at < `to` that nobody acknowledged and nobody withdrew.

    Raises CursorError for a cursor that isn't ours or belongs to another window.
    """
    window = [micros(from_), micros(to)]
    low, high, at, seq = _read(cursor, window) if cursor else (0, 0, -1, 0)
    last = connection.execute(sa.select(counters.c.value).where(counters.c.name == "offers")).scalar_one()
    if at < 0:
        high = last
    found: list[Any] = []
    while len(found) < limit:
        rows = _page(connection, from_, to, (low, high, at, seq), limit - len(found))
        found += rows
        if rows:
            at, seq = micros(rows[-1].send_at), rows[-1].seq
        if len(found) >= limit:
            break
        low, at, seq = high, -1, 0
        if high >= last:
            break
        high = last
    more = len(found) >= limit and bool(limit)
    return Page(tuple(offer_of(row) for row in found), _write(window, (low, high, at, seq)), more)


def _page(
    connection: sa.Connection, from_: datetime, to: datetime, place: tuple[int, int, int, int], limit: int
) -> list[Any]:
    low, high, at, seq = place
    raw = sa.type_coerce(coupons.c.send_at, sa.BigInteger)
    # Compared as a pair, which the index on (send_at, seq) answers without walking what was seen already.
    after = sa.true() if at < 0 else sa.tuple_(raw, coupons.c.seq) > sa.tuple_(at, seq)
    rows = connection.execute(
        _offers()
        .where(coupons.c.send_at >= from_, coupons.c.send_at < to, coupons.c.seq > low, coupons.c.seq <= high)
        .where(after, coupons.c.delivery.is_(None), coupons.c.state != "released")
        .order_by(coupons.c.send_at, coupons.c.seq)
        .limit(limit)
    )
    return list(rows)


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
        _offers().where(coupons.c.user_id == user_id, usable).order_by(coupons.c.valid_from, coupons.c.offer_id)
    )
    return [offer_of(row) for row in rows]


def _offers() -> sa.Select[Any]:
    return sa.select(coupons, stores.c.timezone).outerjoin(stores, stores.c.store_id == coupons.c.store_id)


def offer_of(row: Any) -> Offer:
    """A row of `coupons` with its store's timezone as an offer, times in that zone."""
    zone = zone_of(row.timezone or "UTC")
    fields = {name: getattr(row, name) for name in Offer.__dataclass_fields__ if name != "coupon_code"}
    times = {name: fields[name].astimezone(zone) for name in ("send_at", "valid_from", "valid_until")}
    return Offer(**{**fields, **times, "coupon_code": shown(row.code), "text": json.loads(row.text)})


def _write(window: list[int], place: tuple[int, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps([*window, *place], separators=(",", ":")).encode()).decode().rstrip("=")


def _read(cursor: str, window: list[int]) -> tuple[int, int, int, int]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        first, last, low, high, at, seq = (int(value) for value in values)
    except (ValueError, TypeError, UnicodeDecodeError):
        raise CursorError("the cursor isn't one of ours; begin without one") from None
    if [first, last] != window:
        raise CursorError("the cursor belongs to another window; ask with the window it came from")
    return low, high, at, seq
