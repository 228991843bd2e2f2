"""Who several ids are together, as the registry of people says, which this room may not import: by what it is told, or its table.

One offer a person: a plan decides about a person once a date, under their name, and what all of their ids had counts against
their limits. Coupons and decisions keep the id they were made under, so nothing is rewritten by a merge or a split.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import sqlalchemy as sa

from offers.bulk import among
from offers.candidates import Candidate
from offers.chance import is_held_out
from offers.tables import decisions

_IDENTITIES = sa.table("identities", *(sa.column(name) for name in ("number", "reference", "person")))
_ASKED = 5000


@dataclass(frozen=True)
class Persons:
    """resolved: the person's name by id, of ids that are somebody's and not their name; nobody by default."""

    resolved: Mapping[str, str] = field(default_factory=dict)

    def name(self, user_id: str) -> str:
        """Who an id is: itself unless somebody's."""
        return self.resolved.get(user_id, user_id)

    def ids(self, name: str) -> tuple[str, ...]:
        """All ids of a person, their name first."""
        return (name, *self._others.get(name, ()))

    def doubles(self, known: Collection[str]) -> set[str]:
        """Of the known ids, those for whom another one of their person speaks: the name, else the first."""
        found = set[str]()
        for name in self._others:
            found.update([one for one in self.ids(name) if one in known][1:])
        return found

    @cached_property
    def _others(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in sorted(self.resolved):
            found.setdefault(self.resolved[one], []).append(one)
        return found


def is_spared(names: Sequence[str], decided: Collection[str], held_out: Callable[[str], bool]) -> bool:
    """Whether a person is sent nothing: if any id under which they were ever decided was held out, or their name is.

    names: all ids of the person, their name first. decided: those with a decision on record. Ids that nobody decided about
    are not drawn, or a person with many would be held out for having many. After a split each id goes by its own draw again.
    """
    return held_out(names[0]) or any(held_out(name) for name in names if name in decided)


def spare(
    connection: sa.Connection, candidates: Sequence[Candidate], persons: Persons, share: float
) -> list[Candidate]:
    """The candidates, with whom is sent nothing for another id's sake; their side in a lift stays their name's draw."""
    several = {c.user_id: ids for c in candidates if len(ids := persons.ids(c.user_id)) > 1}
    decided = _ever_decided(connection, [one for ids in several.values() for one in ids[1:]]) if several else set()
    spared = []
    for candidate in candidates:
        drawn = [one for one in several.get(candidate.user_id, ())[1:] if one in decided]
        held = drawn and is_spared((candidate.user_id, *drawn), decided, lambda one: is_held_out(one, share))
        spared.append(replace(candidate, spared=bool(held), n_draws=1 + len(drawn)) if drawn else candidate)
    return spared


def names_of(connection: sa.Connection, users: Iterable[str]) -> dict[str, str]:
    """The person's name by id, for every id of those of these users who have several. Raises LedgerError."""
    found = connection.execute(same_person(connection.dialect.name), {"users": set(users)})
    return {row.reference: row.name for row in found}


@cache
def same_person(dialect: str) -> sa.Select[tuple[str, str]]:
    """reference and name of every id of the persons of those bound to `users`."""
    me, other, name = (_IDENTITIES.alias(each) for each in ("me", "other", "name"))
    same = sa.select(other.c.reference, name.c.reference.label("name")).join(me, me.c.person == other.c.person)
    same = same.join(name, name.c.number == other.c.person).where(among(dialect, me.c.reference, "users"))
    return same.where(other.c.reference.is_not(None), name.c.reference.is_not(None))


def _ever_decided(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    found = set[str]()
    for start in range(0, len(ids), _ASKED):
        wanted = sa.select(decisions.c.user_id).where(decisions.c.user_id.in_(ids[start : start + _ASKED])).distinct()
        found |= set(connection.execute(wanted).scalars())
    return found
