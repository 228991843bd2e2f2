"""A look at one person: written into the audit first, then what the ledger's database knows of them. No audit, no look.

The audit outlives every erasure and may be read by those who may not see people, so whom a look was at is told by a mark, a keyed
hash that can't be turned back (`people.secret`): whoever has an id and the secret can ask who looked, and nobody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from offers.audit import By, audit, record
from people.consent import allowed, said
from people.directory import names_of
from people.dossier import identities
from people.identity import kind_of
from people.secret import References
from people.telling import micros
from people.tombstones import stones_of

READ, EXPORTED = "person_read", "person_exported"
LOOK = "look"
"""What marks in the audit are of."""


class Told(NamedTuple):
    """What the ledger's database says of a person in short. `names`: their name first. `identities`: how many by kind; those
    of kind `user` are ids of the merchant's own."""

    names: list[str]
    identities: dict[str, int]
    allowed: dict[str, bool]
    said: list[str]
    """Purposes on which they said a word of their own."""
    is_linked: bool
    """Whether evidence told of any of these ids."""

    @property
    def rows(self) -> tuple[str, ...]:
        """The ids under which online rows may stand, their name first; nobody is known by a receipt."""
        return (self.names[0], *(name for name in self.names[1:] if kind_of(name) != "receipt"))


def look(connection: sa.Connection, references: References, default: str, user_id: str, by: By, now: datetime) -> Told:
    """Read one person. connection: one that writes. user_id: an id, or a reference. Raises SecretFault."""
    note(connection, references, READ, user_id, by, now)
    names = names_of(connection, user_id)
    words = said(connection, names)
    kinds = Counter(kind_of(name) for name in names)
    word_on = sorted({word.purpose for word in words})
    is_linked = bool(identities(connection, names))
    return Told(names, dict(sorted(kinds.items())), allowed(words, default), word_on, is_linked)


def note(connection: sa.Connection, references: References, act: str, user_id: str, by: By, now: datetime) -> None:
    """Write a look into the audit, at nobody known too: who tries out ids is seen as well. Raises SecretFault."""
    record(connection, act, references.mark(names_of(connection, user_id)[0], LOOK), by, now)


def looks_at(connection: sa.Connection, references: References, names: Sequence[str]) -> list[dict[str, Any]]:
    """Every look at a person, oldest first: when, through which act, by whom; of who was erased those since then alone.

    Raises SecretFault.
    """
    marks = [references.mark(name, LOOK) for name in names]
    erased_us = max((stone.erased_us for stone in stones_of(connection, references, names).values()), default=0)
    mine = sa.select(audit).where(audit.c.act.in_((READ, EXPORTED)), audit.c.subject.in_(marks)).order_by(audit.c.seq)
    rows = [row for row in connection.execute(mine) if micros(row.at) >= erased_us]
    return [{"at": row.at.isoformat(), "act": row.act, "by": row.actor} for row in rows]
