"""Rows that a group of acts leaves behind, written with one statement a table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from offers.book import Coupon
from offers.database import LedgerError
from offers.tables import coupons, metadata, sums

STANDING = ("state", "order_id", "held_until", "token_id", "used_day", "units", "returned")
"""Columns of a coupon that entries move."""
_INSERTS = {name: sa.insert(table) for name, table in metadata.tables.items()}
_MOVE = (
    sa.update(coupons)
    .where(coupons.c.offer_id == sa.bindparam("of_offer"), coupons.c.state == sa.bindparam("of_state"))
    .values({name: sa.bindparam(name) for name in STANDING})
)


def _adding(dialect: Any) -> Any:
    add = dialect.insert(sums)
    key = [sums.c.campaign_id, sums.c.scope, sums.c.key]
    total = sums.c.spent_cents + add.excluded.spent_cents
    return add.on_conflict_do_update(index_elements=key, set_={"spent_cents": total})


_ADD = {"postgresql": _adding(postgresql), "sqlite": _adding(sqlite)}


def insert_all(connection: sa.Connection, **rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows by table name, tables in the order given."""
    for table, some in rows.items():
        if some:
            connection.execute(_INSERTS[table], list(some))


def move_coupons(connection: sa.Connection, moves: Sequence[tuple[Coupon, Coupon]]) -> None:
    """Move coupons from how they stood to how they stand. LedgerError if one wasn't where the decision saw it."""
    rows = [
        {"of_offer": old.offer_id, "of_state": old.state, **{name: getattr(new, name) for name in STANDING}}
        for old, new in moves
    ]
    if rows and connection.execute(_MOVE, rows).rowcount != len(rows):
        raise LedgerError("a coupon moved under a lock; run daypart verify")


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
