"""The registry: evidence comes in, rulings come in, and who is who is brought up to it in the same transaction, audited row
by row.

Whatever the order of arrival the stored groups are those of `people.resolution` on the whole evidence: what a new link can
change is the component that it touches, and that is resolved anew. The caller opens the transaction, for writing, and
commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from people.audit import AuditRow
from people.evidence import RULINGS, Link
from people.settling import settle
from people.tables import AUDIT, IDENTITIES, LINKS

# SQLite binds at most 32,766 values a statement.
ROWS_A_STATEMENT = 2000
_LOCK = 0x70656F706C65  # "people" in ASCII
MAX_WHY = 160


class Ticket(NamedTuple):
    """Where the lines of a receipt lie."""

    store_id: str
    order_id: str


def take(
    connection: sa.Connection,
    links: Iterable[Link],
    actor: str,
    now_us: int,
    tickets: Mapping[str, Ticket] | None = None,
) -> int:
    """Take evidence in; how many links were new. The same link from the same evidence counts once, whenever it comes again.

    actor: who sends it (a key's id, a file's name), without anything personal. tickets: of the receipts among the links, by
    reference.
    """
    links = list(links)
    _lock(connection)
    numbers = _numbered(connection, links, tickets or {})
    rows = [
        {
            **dict(zip(("left_number", "right_number"), sorted((numbers[one.left], numbers[one.right])), strict=True)),
            "source": one.source,
            "evidence": one.evidence,
            "seen_us": one.seen_us,
            "taken_us": now_us,
            "verdict": "joined",
            "ruling": "",
        }
        for one in links
    ]
    insert = _dialect(connection).insert(LINKS).on_conflict_do_nothing().returning(LINKS)
    fresh = connection.execute(insert, rows).all() if rows else []
    _grow_older(connection, fresh)
    record(connection, [AuditRow("link", row.number) for row in sorted(fresh)], actor, now_us)
    touched = {number for row in fresh for number in (row.left_number, row.right_number)}
    record(connection, settle(connection, touched), actor, now_us)
    return len(fresh)


def rule(connection: sa.Connection, link_number: int, ruling: str, actor: str, why: str, now_us: int) -> None:
    """An operator accepts a link, rejects it, or (`""`) takes the ruling back. Raises ValueError for no such link or ruling."""
    if ruling not in RULINGS or not why or len(why) > MAX_WHY:
        raise ValueError(f"rule with accepted, rejected or nothing, and say why in at most {MAX_WHY} letters")
    _lock(connection)
    mine = LINKS.c.number == link_number
    row = connection.execute(sa.select(LINKS).where(mine)).one_or_none()
    if row is None:
        raise ValueError(f"no link has the number {link_number}; `queue` lists those that wait")
    connection.execute(sa.update(LINKS).where(mine).values(ruling=ruling))
    record(connection, [AuditRow("ruling", link_number, detail=f"{ruling}:{why}")], actor, now_us)
    record(connection, settle(connection, {row.left_number, row.right_number}), actor, now_us)


def record(connection: sa.Connection, rows: Sequence[AuditRow], actor: str, now_us: int) -> None:
    """Add rows to the audit."""
    told = [{"at_us": now_us, "actor": actor, **row._asdict()} for row in rows]
    if told:
        connection.execute(sa.insert(AUDIT), told)


def _numbered(connection: sa.Connection, links: Sequence[Link], tickets: Mapping[str, Ticket]) -> dict[str, int]:
    """The number of each reference, new ones given."""
    first: dict[str, int] = {}
    for one in links:
        for reference in (one.left, one.right):
            first[reference] = min(first.get(reference, one.seen_us), one.seen_us)
    references = sorted(first)
    known = _known(connection, references)
    fresh = [reference for reference in references if reference not in known]
    if fresh:
        rows = []
        for reference in fresh:
            ticket = tickets.get(reference, (None, None))
            rows.append(
                {"reference": reference, "first_us": first[reference], "store_id": ticket[0], "order_id": ticket[1]}
            )
        # A person is their own until something joins them; what the number is, the database says.
        connection.execute(sa.insert(IDENTITIES), [{**row, "person": 0} for row in rows])
        connection.execute(sa.update(IDENTITIES).where(IDENTITIES.c.person == 0).values(person=IDENTITIES.c.number))
        known |= _known(connection, fresh)
    return known


def _known(connection: sa.Connection, references: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    wanted = sa.select(IDENTITIES.c.reference, IDENTITIES.c.number)
    for part in _parts(references):
        found |= {
            row.reference: row.number for row in connection.execute(wanted.where(IDENTITIES.c.reference.in_(part)))
        }
    return found


def _grow_older(connection: sa.Connection, fresh: Sequence[Any]) -> None:
    """What a new link saw before anybody else did."""
    seen: dict[int, int] = {}
    for row in fresh:
        for number in (row.left_number, row.right_number):
            seen[number] = min(seen.get(number, row.seen_us), row.seen_us)
    told = [{"n": number, "us": us} for number, us in seen.items()]
    if told:
        older = (IDENTITIES.c.number == sa.bindparam("n")) & (IDENTITIES.c.first_us > sa.bindparam("us"))
        connection.execute(sa.update(IDENTITIES).where(older).values(first_us=sa.bindparam("us")), told)


def _lock(connection: sa.Connection) -> None:
    """One writer at a time: SQLite has one anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _dialect(connection: sa.Connection) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite


def _parts(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + ROWS_A_STATEMENT] for start in range(0, len(rows), ROWS_A_STATEMENT))
