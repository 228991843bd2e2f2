"""Offers due in a window: what is asked for, and the next page of it by the place where the last one ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers import cursor
from offers.columns import Id, Moment
from offers.cursor import Place
from offers.delivery import OFFERS
from offers.tables import counters, coupons

_LAST = sa.select(counters.c.value).where(counters.c.name == "offers")


def _page() -> sa.Select[Any]:
    """The offers of a pass (`offers.cursor.Place`) behind a place; built once, for building it costs more than its answer."""
    given = {name: sa.bindparam(name, type_=sa.BigInteger) for name in ("low", "high", "until", "at", "seq")}
    begin, end = (sa.bindparam(name, type_=Moment) for name in ("from", "to"))
    send_at, wait, leased = (
        sa.type_coerce(coupons.c[name], sa.BigInteger) for name in ("send_at", "wait_until", "leased_at")
    )
    mine = coupons.c.leased_to == sa.bindparam("who", type_=Id)
    free = wait.is_(None) | (wait <= given["until"])
    # A scheduler's own leases: in its first pass, and where it asks for a page of this pass again.
    again = mine & ((coupons.c.seq > given["low"]) | (leased > given["until"]))
    # Compared as a pair, which the index on (send_at, seq) answers without walking what was seen already.
    behind = sa.tuple_(send_at, coupons.c.seq) > sa.tuple_(given["at"], given["seq"])
    unsent = coupons.c.delivery.is_(None) & coupons.c.state.in_(("issued", "held"))
    window = (coupons.c.send_at >= begin) & (coupons.c.send_at < end) & (coupons.c.seq <= given["high"])
    chosen = OFFERS.where(window, behind, unsent, free | again)
    return chosen.order_by(coupons.c.send_at, coupons.c.seq).limit(sa.bindparam("limit", type_=sa.Integer))


_LOCK_OFFERS = _page().with_for_update(of=coupons)
_SHELVES = _page().with_only_columns(coupons.c.store_id, coupons.c.product_id, maintain_column_froms=True)


@dataclass(frozen=True)
class Due:
    """What is asked for: offers with `from_` <= send_at < `to`, at most `limit`, by one scheduler."""

    from_: datetime
    to: datetime
    limit: int
    cursor: str | None = None
    scheduler: str = ""

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Half-open."""
        return self.from_, self.to


def walk(connection: sa.Connection, due: Due, now: datetime, *, lock: bool) -> tuple[Sequence[Any], Place, bool]:
    """(offers of one pass in order, the place behind them, whether there are more to look at). With `lock` they are rows of
    `OFFERS`, nobody else's until the transaction ends; without, their (store, product) alone. Raises CursorError."""
    place = cursor.read(due.cursor, due.window)
    last = int(connection.execute(_LAST).scalar_one())
    if not place.begun:
        place = place.begin(last, now)
    told = {"from": due.from_, "to": due.to, "limit": due.limit, "who": due.scheduler, **vars(place)}
    rows = connection.execute(_LOCK_OFFERS if lock else _SHELVES, told).all()
    if len(rows) >= due.limit:
        return rows, place.after(rows[-1].send_at, rows[-1].seq) if lock else place, True
    return rows, place.end(), last > place.high
