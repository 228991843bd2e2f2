"""Rows that a group of acts leaves behind, written with one statement a table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from offers import bulk
from offers.book import Coupon
from offers.columns import micros
from offers.database import LedgerError
from offers.tables import coupons, metadata, sums

STANDING = ("state", "order_id", "held_until", "order_until", "token_id", "used_day", "units", "returned")
"""Columns of a coupon that entries move."""


def _adding(dialect: Any) -> Any:
    add = dialect.insert(sums)
    key = [sums.c.campaign_id, sums.c.scope, sums.c.key]
    total = sums.c.spent_cents + add.excluded.spent_cents
    return add.on_conflict_do_update(index_elements=key, set_={"spent_cents": total})


_ADD = {"postgresql": _adding(postgresql), "sqlite": _adding(sqlite)}


def insert_all(connection: sa.Connection, **rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, in the driver's own values, by table name; tables in the order given."""
    for table, some in rows.items():
        bulk.insert(connection, metadata.tables[table], some)


def move_coupons(connection: sa.Connection, moves: Sequence[tuple[Coupon, Coupon]]) -> None:
    """Move coupons from how they stood to how they stand. LedgerError if one wasn't where the decision saw it."""
    rows = [_moved(old, new) for old, new in moves]
    if bulk.update(connection, coupons, rows) != len(rows):
        raise LedgerError("a coupon moved under a lock; run daypart verify")


def _moved(old: Coupon, new: Coupon) -> dict[str, Any]:
    row = {name: getattr(new, name) for name in STANDING}
    ends = {name: None if row[name] is None else micros(row[name]) for name in ("held_until", "order_until")}
    return {**row, **ends, "offer_id": old.offer_id, f"{bulk.SEEN}state": old.state}


def add_sums(connection: sa.Connection, cents: Mapping[Any, int]) -> None:
    """Add to the stored sums by (campaign, scope, key), making those that aren't there."""
    rows = [
        {"campaign_id": campaign_id, "scope": scope, "key": key, "spent_cents": value}
        for (campaign_id, scope, key), value in sorted(cents.items())
        if value
    ]
    if rows:
        connection.execute(_ADD[connection.dialect.name], rows)


def answer_digest(key: str, body_hash: str, ok: bool, body: str) -> str:
    """What an entry keeps of the answer it led to, so that an altered answer is found."""
    # Neither a key nor a hash holds a line break.
    return hashlib.sha256(f"{key}\n{body_hash}\n{ok:d}\n{body}".encode()).hexdigest()
