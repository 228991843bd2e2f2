"""Consent: what a person lets be done with what is known of them, by purpose; said again and again, the last word counts.

| purpose | without it |
|---|---|
| `recommend` | recommendations are a stranger's |
| `offers` | no plan sends them anything, what was not used is shown to nobody and withdrawn |
| `measurement` | training and lift leave them out |

Rows are added. A person's word is the newest said under any of their ids; of two of one moment, the one that came in last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from people.batches import batches
from people.consequences import person_of
from people.directory import names_by_id
from people.secret import References
from people.tables import CONSENT
from people.tombstones import welcome

_ASKED = 500
PURPOSES = ("recommend", "offers", "measurement")


class ConsentFault(ValueError):
    """What was told is no word on a purpose. One line: what to write."""


class Word(NamedTuple):
    """One thing said: yes or no to a purpose, at microseconds from 1970, by whom it was sent."""

    reference: str
    purpose: str
    granted: bool
    at_us: int
    actor: str


def say(
    connection: sa.Connection, references: References, reference: str, told: Mapping[str, bool], actor: str, now_us: int
) -> None:
    """Add a person's word on some purposes. A yes of an erased id makes it somebody's again, from now on.

    Raises ConsentFault for a purpose that isn't one, SecretFault.
    """
    unknown = sorted(set(told) - set(PURPOSES))
    if unknown or not told:
        raise ConsentFault(f"consent: say yes or no to purposes among {', '.join(PURPOSES)}")
    row = {"reference": reference, "at_us": now_us, "actor": actor}
    rows = [{**row, "purpose": purpose, "granted": bool(yes)} for purpose, yes in sorted(told.items())]
    connection.execute(sa.insert(CONSENT), rows)
    if any(told.values()):
        welcome(connection, [references.mark(reference)], now_us)


def said(connection: sa.Connection, names: Sequence[str]) -> list[Word]:
    """All that was ever said under these ids, in order."""
    mine = sa.select(CONSENT).where(CONSENT.c.reference.in_(names)).order_by(CONSENT.c.at_us, CONSENT.c.seq)
    return [
        Word(row.reference, row.purpose, bool(row.granted), row.at_us, row.actor) for row in connection.execute(mine)
    ]


def allowed(words: Iterable[Word], default: str) -> dict[str, bool]:
    """What one person allows, by purpose. words: theirs, under whatever id, in the order in which they came in."""
    last: dict[str, Word] = {}
    for word in words:
        if word.purpose not in last or word.at_us >= last[word.purpose].at_us:
            last[word.purpose] = word
    return {purpose: last[purpose].granted if purpose in last else default == "opt-out" for purpose in PURPOSES}


def spoken(connection: sa.Connection, resolved: Mapping[str, str], purpose: str) -> dict[str, bool]:
    """Everybody's word on a purpose, by person, of those who said one. resolved: person by id, of those who are not their own."""
    words: dict[str, list[Word]] = {}
    mine = CONSENT.c.reference.is_not(None) & (CONSENT.c.purpose == purpose)
    for row in connection.execute(sa.select(CONSENT).where(mine).order_by(CONSENT.c.seq)):
        word = Word(row.reference, row.purpose, bool(row.granted), row.at_us, row.actor)
        words.setdefault(person_of(resolved, row.reference), []).append(word)
    return {person: allowed(theirs, "opt-in")[purpose] for person, theirs in words.items()}


def willing(connection: sa.Connection, ids: Collection[str], purpose: str, default: str) -> set[str]:
    """Those of these ids whose person lets a purpose be; a few questions for all of them, one while nobody said a word."""
    if not version(connection):
        return set(ids) if default == "opt-out" else set()
    found, asked = set[str](), sorted(ids)
    for some in batches(asked, _ASKED):
        names = names_by_id(connection, some)
        whose = {name: theirs[0] for theirs in names.values() for name in theirs}
        words: dict[str, list[Word]] = {}
        for word in said(connection, sorted(whose)):
            words.setdefault(whose[word.reference], []).append(word)
        found |= {one for one in names if allowed(words.get(whose[one], ()), default)[purpose]}
    return found


def unwilling(connection: sa.Connection, ids: Collection[str], purpose: str) -> list[str]:
    """Of the persons who bear these ids, all ids of those whose last word on a purpose is no; two questions."""
    if not version(connection):
        return []
    names = names_by_id(connection, sorted(ids))
    whose = {name: theirs[0] for theirs in names.values() for name in theirs}
    words: dict[str, list[Word]] = {}
    for word in said(connection, sorted(whose)):
        words.setdefault(whose[word.reference], []).append(word)
    no = {person for person, theirs in words.items() if not allowed(theirs, "opt-out")[purpose]}
    return sorted(name for name, person in whose.items() if person in no)


class Permission(NamedTuple):
    """Who lets a purpose be: those who said yes or no, and what goes for everybody else."""

    words: Mapping[str, bool]
    otherwise: bool

    def of(self, person: str) -> bool:
        """Whether this person does."""
        return self.words.get(person, self.otherwise)


def permission(connection: sa.Connection, resolved: Mapping[str, str], purpose: str, default: str) -> Permission:
    """Everybody's word on a purpose, and the default for the rest."""
    return Permission(spoken(connection, resolved, purpose), default == "opt-out")


def version(connection: sa.Connection) -> int:
    """A number that grows with every word; 0 while nobody said any."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(CONSENT.c.seq), 0))).scalar_one())
