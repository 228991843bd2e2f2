"""A number for every identity: a new reference is given one, a known one keeps it, and evidence may show that it is older."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from people.batches import batches
from people.evidence import Link
from people.tables import IDENTITIES

# SQLite binds at most 32,766 values a statement.
ROWS_A_STATEMENT = 2000


class Ticket(NamedTuple):
    """Where the lines of a receipt lie."""

    store_id: str
    order_id: str


def numbered(connection: sa.Connection, links: Sequence[Link], tickets: Mapping[str, Ticket]) -> dict[str, int]:
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
    for part in batches(references, ROWS_A_STATEMENT):
        found |= {
            row.reference: row.number for row in connection.execute(wanted.where(IDENTITIES.c.reference.in_(part)))
        }
    return found


def grow_older(connection: sa.Connection, fresh: Sequence[Any]) -> None:
    """What a new link saw before anybody else did."""
    seen: dict[int, int] = {}
    for row in fresh:
        for number in (row.left_number, row.right_number):
            seen[number] = min(seen.get(number, row.seen_us), row.seen_us)
    told = [{"n": number, "us": us} for number, us in seen.items()]
    if told:
        older = (IDENTITIES.c.number == sa.bindparam("n")) & (IDENTITIES.c.first_us > sa.bindparam("us"))
        connection.execute(sa.update(IDENTITIES).where(older).values(first_us=sa.bindparam("us")), told)
