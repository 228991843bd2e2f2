"""The directory: who an id is, which ids a person bears, whose a ticket is, and which links wait for an operator. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from people.evidence import QUEUED, Link
from people.tables import AUDIT, IDENTITIES, LINKS

_NAME = IDENTITIES.alias("name")
_NAMED = sa.select(IDENTITIES.c.reference, _NAME.c.reference.label("person")).join(
    _NAME, _NAME.c.number == IDENTITIES.c.person
)
_OTHERS = IDENTITIES.c.person != IDENTITIES.c.number


class Waiting(NamedTuple):
    """A link that contradicts what stands, why, and the persons on either side as they are named now."""

    number: int
    left: str
    right: str
    left_person: str
    right_person: str
    reason: str
    source: str
    evidence: str
    seen_us: int


class Claimed(NamedTuple):
    """A ticket and whose it is."""

    store_id: str
    order_id: str
    person: str


def person_named(connection: sa.Connection, reference: str) -> str:
    """The name of the person who bears a reference or id; itself where no evidence knows it."""
    row = connection.execute(_NAMED.where(IDENTITIES.c.reference == reference)).one_or_none()
    return reference if row is None or row.person is None else str(row.person)


def names_of(connection: sa.Connection, reference: str) -> list[str]:
    """Every reference of the person who bears this one: the person's name first, then the others in order."""
    name = person_named(connection, reference)
    theirs = _NAMED.where(_NAME.c.reference == name, _OTHERS).order_by(IDENTITIES.c.reference)
    return [name, *(row.reference for row in connection.execute(theirs) if row.reference is not None)]


def names_by_id(connection: sa.Connection, ids: Collection[str]) -> dict[str, list[str]]:
    """Every reference of each one's person, by the ids asked about; two questions for all of them."""
    mine = sa.select(IDENTITIES.c.reference, IDENTITIES.c.person).where(IDENTITIES.c.reference.in_(ids))
    person = {row.reference: row.person for row in connection.execute(mine)}
    theirs = sa.select(IDENTITIES.c.reference, IDENTITIES.c.person)
    theirs = theirs.where(IDENTITIES.c.person.in_(set(person.values())), IDENTITIES.c.reference.is_not(None))
    names: dict[int, list[str]] = {}
    for row in connection.execute(theirs.order_by(IDENTITIES.c.reference)):
        names.setdefault(row.person, []).append(row.reference)
    return {one: names[person[one]] if one in person else [one] for one in ids}


def version(connection: sa.Connection) -> int:
    """A number that grows with every change of who is who; 0 while nothing is known of anybody."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(AUDIT.c.seq), 0))).scalar_one())


def resolved(connection: sa.Connection) -> dict[str, str]:
    """Person by reference, for every reference that isn't its person's name."""
    return {
        row.reference: row.person for row in connection.execute(_NAMED.where(_OTHERS)) if row.reference and row.person
    }


def claimed(connection: sa.Connection) -> list[Claimed]:
    """Every ticket that has a person."""
    wanted = sa.select(IDENTITIES.c.store_id, IDENTITIES.c.order_id, _NAME.c.reference)
    theirs = wanted.join(_NAME, _NAME.c.number == IDENTITIES.c.person).where(
        _OTHERS, IDENTITIES.c.order_id.is_not(None)
    )
    return [Claimed(*row) for row in connection.execute(theirs.order_by(IDENTITIES.c.number))]


class Stands(NamedTuple):
    """A link by its number, what became of it, and the ruling on it."""

    number: int
    verdict: str
    ruling: str


def stand(connection: sa.Connection, links: Sequence[Link]) -> list[Stands]:
    """How these links, all taken in before, stand now; in the order given."""
    left, right = IDENTITIES.alias("l"), IDENTITIES.alias("r")
    wanted = sa.select(LINKS.c.number, LINKS.c.verdict, LINKS.c.ruling)
    wanted = wanted.join(left, left.c.number == LINKS.c.left_number).join(right, right.c.number == LINKS.c.right_number)
    found = []
    for one in links:
        # Numbers were given in order of arrival, so either end may be the left one.
        ends = sa.tuple_(left.c.reference, right.c.reference).in_([(one.left, one.right), (one.right, one.left)])
        said = (LINKS.c.source == one.source) & (LINKS.c.evidence == one.evidence) & (LINKS.c.seen_us == one.seen_us)
        found.append(Stands(*connection.execute(wanted.where(ends & said)).one()))
    return found


def stands(connection: sa.Connection, number: int) -> Stands | None:
    """How the link of this number stands."""
    wanted = sa.select(LINKS.c.number, LINKS.c.verdict, LINKS.c.ruling).where(LINKS.c.number == number)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else Stands(*row)


def ends(connection: sa.Connection, number: int) -> list[str]:
    """The references of a link's two ends, but of who was erased; none for a link that isn't there."""
    mine = sa.select(LINKS.c.left_number, LINKS.c.right_number).where(LINKS.c.number == number)
    numbers = [end for row in connection.execute(mine) for end in row]
    wanted = sa.select(IDENTITIES.c.reference).where(
        IDENTITIES.c.number.in_(numbers), IDENTITIES.c.reference.is_not(None)
    )
    return sorted(connection.execute(wanted).scalars())


def n_waiting(connection: sa.Connection) -> int:
    """How many links wait."""
    waits = sa.select(sa.func.count()).select_from(LINKS).where(LINKS.c.verdict.in_(QUEUED))
    return int(connection.execute(waits).scalar_one())


def queue(connection: sa.Connection, limit: int = 100, after: int = 0) -> list[Waiting]:
    """Links that wait, by number, from the one after `after`."""
    ends = [IDENTITIES.alias(name) for name in ("l", "r")]
    names = [IDENTITIES.alias(name) for name in ("lp", "rp")]
    wanted = sa.select(
        LINKS.c.number,
        *(end.c.reference for end in (*ends, *names)),
        *(LINKS.c[name] for name in ("verdict", "source", "evidence", "seen_us")),
    )
    for end, name, column in zip(ends, names, (LINKS.c.left_number, LINKS.c.right_number), strict=True):
        wanted = wanted.join(end, end.c.number == column).join(name, name.c.number == end.c.person)
    waits = LINKS.c.verdict.in_(QUEUED) & (LINKS.c.number > after)
    rows = connection.execute(wanted.where(waits).order_by(LINKS.c.number).limit(limit))
    return [Waiting(*row) for row in rows]
