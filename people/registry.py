"""The registry: evidence comes in, rulings come in, and who is who is brought up to it in the same transaction, audited row
by row.

The stored groups are those of `people.resolution` on the whole evidence, however it was cut into parts: what a new link can
change is the component that it touches, and that is resolved anew. The caller opens the transaction, for writing, and
commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from people.audit import AuditRow
from people.directory import names_of
from people.evidence import RULINGS, Link
from people.numbering import Ticket, grow_older, numbered
from people.reason import MAX_WHY, ReasonFault, checked
from people.secret import References
from people.settling import settle
from people.tables import AUDIT, IDENTITIES, LINKS

_LOCK = 0x70656F706C65  # "people" in ASCII


class RulingFault(ValueError):
    """A ruling that can't be given. One line: why, and nothing personal."""


class UnknownLink(RulingFault):
    """No link has this number."""


def take(
    connection: sa.Connection,
    links: Iterable[Link],
    actor: str,
    now_us: int,
    tickets: Mapping[str, Ticket] | None = None,
) -> int:
    """Take evidence in; how many links were new. The same link from the same evidence counts once, whenever it comes again.

    What one call brings is later than everything before it, though a clock of ours run behind another.

    actor: who sends it (a key's id, a file's name), without anything personal. tickets: of the receipts among the links, by
    reference.
    """
    links = list(links)
    _lock(connection)
    taken_us = max(now_us, _last_us(connection) + 1)
    numbers = numbered(connection, links, tickets or {})
    rows = [
        {
            **dict(zip(("left_number", "right_number"), sorted((numbers[one.left], numbers[one.right])), strict=True)),
            "source": one.source,
            "evidence": one.evidence,
            "seen_us": one.seen_us,
            "taken_us": taken_us,
            "verdict": "joined",
            "ruling": "",
        }
        for one in links
    ]
    insert = _dialect(connection).insert(LINKS).on_conflict_do_nothing().returning(LINKS)
    fresh = connection.execute(insert, rows).all() if rows else []
    grow_older(connection, fresh)
    record(connection, [AuditRow("link", row.number) for row in sorted(fresh)], actor, now_us)
    touched = {number for row in fresh for number in (row.left_number, row.right_number)}
    record(connection, settle(connection, touched), actor, now_us)
    return len(fresh)


def rule(
    connection: sa.Connection,
    link_number: int,
    ruling: str,
    actor: str,
    why: str,
    now_us: int,
    references: References | None = None,
) -> None:
    """An operator accepts a link, rejects it, or (`""`) takes the ruling back. `why` outlives the persons, so it names none, in
    any spelling that `references` finds.

    Raises RulingFault, SecretFault.
    """
    if ruling not in RULINGS or not why or len(why) > MAX_WHY:
        raise RulingFault(f"rule with accepted, rejected or nothing, and say why in at most {MAX_WHY} letters")
    _lock(connection)
    mine = LINKS.c.number == link_number
    row = connection.execute(sa.select(LINKS).where(mine)).one_or_none()
    if row is None:
        raise UnknownLink(f"no link has the number {link_number}; `queue` lists those that wait")
    ends = sa.select(IDENTITIES.c.reference).where(IDENTITIES.c.number.in_((row.left_number, row.right_number)))
    told = list(connection.execute(ends).scalars())
    if None in told:
        raise RulingFault(f"link {link_number} is of somebody who was erased; it stays rejected")
    try:
        checked(why, [name for end in told for name in names_of(connection, end)], references)
    except ReasonFault as fault:
        raise RulingFault(str(fault)) from None
    connection.execute(sa.update(LINKS).where(mine).values(ruling=ruling))
    record(connection, [AuditRow("ruling", link_number, detail=f"{ruling}:{why}")], actor, now_us)
    record(connection, settle(connection, {row.left_number, row.right_number}), actor, now_us)


def record(connection: sa.Connection, rows: Sequence[AuditRow], actor: str, now_us: int) -> None:
    """Add rows to the audit."""
    told = [{"at_us": now_us, "actor": actor, **row._asdict()} for row in rows]
    if told:
        connection.execute(sa.insert(AUDIT), told)


def _last_us(connection: sa.Connection) -> int:
    """When the newest link was taken."""
    newest = sa.select(LINKS.c.taken_us).order_by(LINKS.c.number.desc()).limit(1)
    return connection.execute(newest).scalar() or 0


def _lock(connection: sa.Connection) -> None:
    """One writer at a time: SQLite has one anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _dialect(connection: sa.Connection) -> Any:
    return postgresql if connection.dialect.name == "postgresql" else sqlite
