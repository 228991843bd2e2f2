"""The registry's file on one person: their ids, every link of theirs and what became of it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from people.directory import names_of
from people.identity import kind_of
from people.tables import AUDIT, IDENTITIES, LINKS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


def who(connection: sa.Connection, reference: str) -> dict[str, Any]:
    """Whoever bears a reference or id: their name, ids and links, as JSON values."""
    names = names_of(connection, reference)
    return {
        "user_id": names[0],
        "identities": identities(connection, names),
        "links": links(connection, names),
    }


def identities(connection: sa.Connection, names: Sequence[str]) -> Rows:
    """What the registry knows of these ids, in the order given; nothing of ids that no evidence told of."""
    found = connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.reference.in_(names)))
    rows = sorted(found, key=lambda row: names.index(row.reference))
    return [
        {
            "reference": row.reference,
            "kind": kind_of(row.reference),
            "first_seen_at": moment(row.first_us).isoformat(),
            "store_id": row.store_id,
            "order_id": row.order_id,
        }
        for row in rows
    ]


def links(connection: sa.Connection, names: Sequence[str]) -> Rows:
    """Every link of theirs with what became of it, and the rulings on it. The other end of one that was refused is somebody
    else, perhaps, so it is told by its kind."""
    mine = {row.number for row in connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.reference.in_(names)))}
    ends = LINKS.c.left_number.in_(mine) | LINKS.c.right_number.in_(mine)
    found = connection.execute(sa.select(LINKS).where(ends).order_by(LINKS.c.number)).all()
    reference = {row.number: row.reference for row in _by_number(connection, found)}
    ruled: dict[int, Rows] = {}
    rulings = sa.select(AUDIT).where(AUDIT.c.act == "ruling", AUDIT.c.link_number.in_([row.number for row in found]))
    for row in connection.execute(rulings.order_by(AUDIT.c.seq)):
        ruled.setdefault(row.link_number, []).append(
            {
                "at": moment(row.at_us).isoformat(),
                "by": row.actor,
                "ruling": str(row.detail).partition(":")[0] or "taken back",
            }
        )
    rows = []
    for row in found:
        both = (row.left_number, row.right_number)
        told = [reference[n] if n in mine else f"{kind_of(reference[n] or '')} of somebody else" for n in both]
        about = {name: getattr(row, name) for name in ("number", "source", "evidence", "verdict")}
        seen = {"seen_at": moment(row.seen_us).isoformat(), "rulings": ruled.get(row.number, [])}
        rows.append({"between": told, **about, **seen})
    return rows


def moment(us: int) -> datetime:
    """The moment at microseconds from 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=us)


def _by_number(connection: sa.Connection, links: Iterable[Any]) -> Sequence[Any]:
    numbers = {number for row in links for number in (row.left_number, row.right_number)}
    return connection.execute(sa.select(IDENTITIES).where(IDENTITIES.c.number.in_(numbers))).all()
