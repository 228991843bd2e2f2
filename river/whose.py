"""Some ids, the persons who bear them, and whatever else is theirs: in a question or two, however many are asked about."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from people.audit import MOVES
from people.batches import batches
from people.directory import claimed, resolved
from people.identity import kind_of
from people.tables import AUDIT, IDENTITIES

_AT_ONCE = 5_000
_NAME = IDENTITIES.alias("name")
Ticket = tuple[str, str]


class Whose(NamedTuple):
    """`person`: the name by each id of the persons asked about. `tickets`: theirs, by (store, order)."""

    person: dict[str, str]
    tickets: dict[Ticket, str]


def whose(connection: sa.Connection, ids: Collection[str]) -> Whose:
    """Receipts among `ids` count as the person's who claimed them, unclaimed ones are nobody's."""
    found = Whose({one: one for one in ids if not _is_receipt(one)}, {})
    for some in batches(sorted(ids), _AT_ONCE):
        asked = sa.select(IDENTITIES.c.person).where(IDENTITIES.c.reference.in_(some))
        wanted = sa.select(
            IDENTITIES.c.reference, _NAME.c.reference.label("name"), IDENTITIES.c.store_id, IDENTITIES.c.order_id
        ).join(_NAME, _NAME.c.number == IDENTITIES.c.person)
        for row in connection.execute(wanted.where(IDENTITIES.c.person.in_(asked))):
            if row.name is None or row.reference is None or _is_receipt(row.name):
                continue
            if row.order_id is not None:
                found.tickets[row.store_id, row.order_id] = row.name
            if not _is_receipt(row.reference):
                found.person[row.reference] = row.name
            found.person.setdefault(row.name, row.name)
    return found


def moved(connection: sa.Connection, after: int) -> set[str]:
    """Ids of all whom the audit of who is who moved in rows above `after`: those who left, who were joined, and who stayed."""
    wanted = sa.select(AUDIT.c.from_person, AUDIT.c.to_person, AUDIT.c.members)
    numbers = set[int]()
    for row in connection.execute(wanted.where(AUDIT.c.seq > after, AUDIT.c.act.in_(MOVES))):
        numbers |= {row.from_person, row.to_person, *json.loads(row.members or "[]")}
    found = set[str]()
    for some in batches(sorted(numbers), _AT_ONCE):
        theirs = IDENTITIES.c.number.in_(some) | IDENTITIES.c.person.in_(some)
        found |= set(connection.execute(sa.select(IDENTITIES.c.reference).where(theirs)).scalars())
    return {one for one in found if one is not None}


def unlike(connection: sa.Connection, people: dict[str, str], tickets: dict[Ticket, str]) -> set[str]:
    """Ids of all about whom the registry says another thing than these two do: person by id of those who bear another name, and
    by ticket."""
    now = resolved(connection)
    asked = {end for one in {*people.items()} ^ {*now.items()} for end in one}
    theirs = {(one.store_id, one.order_id): one.person for one in claimed(connection)}
    return asked | {person for _, person in {*tickets.items()} ^ {*theirs.items()}}


def _is_receipt(reference: str) -> bool:
    return kind_of(reference) == "receipt"
