"""Who is who, as a serving process knows it.

It changes seldom and is asked on every request, so answers are remembered until the registry has moved. When the ledger is
down a person is whoever they were last known to be, else the one id that was told.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine, select

from offers.codes import canonical
from offers.database import LedgerError, transaction
from offers.tables import coupons
from people.directory import names_of, version
from people.identity import kind_of
from people.secret import References
from serving.episode import Episode

FRESH_S = 0.5
MAX_REMEMBERED = 100_000
_TICKETS = ("receipt",)
Names = tuple[str, ...]


class Persons:
    """The registry as a serving process sees it, at most FRESH_S late. Threads share it."""

    def __init__(self, engine: Engine, references: References, clock_s: Callable[[], float]) -> None:
        self.references = references
        self._engine, self._clock_s = engine, clock_s
        self._version, self._until = 0, -1.0
        self._names: dict[str, Names] = {}
        self.unasked = Episode("who is who can't be asked, people stay as they were", "who is who can be asked again")

    def recall(self, user_id: str) -> Names | None:
        """The ids of the person who bears this one, their name first, if memory can tell; asks no database."""
        if self._clock_s() >= self._until:
            return None
        return (user_id,) if not self._version else self._names.get(user_id)

    def remembered(self, user_id: str) -> Names:
        """The ids they were last known to bear, however long ago."""
        return self._names.get(user_id, (user_id,))

    def names(self, user_id: str) -> Names:
        """The same from the database if need be. Receipts are left out: nobody is known by one. Blocking, raises nothing."""
        if (known := self.recall(user_id)) is not None:
            return known
        try:
            with transaction(self._engine, write=False) as connection:
                now = version(connection)
                found = names_of(connection, user_id) if now else [user_id]
        except LedgerError as error:
            self.unasked.begin(error)
            self._until = self._clock_s() + FRESH_S
            return self.remembered(user_id)
        self.unasked.end()
        if now != self._version or len(self._names) >= MAX_REMEMBERED:
            self._names = {}
        self._version, self._until = now, self._clock_s() + FRESH_S
        names = (found[0], *(name for name in found[1:] if kind_of(name) not in _TICKETS))
        self._names[user_id] = names
        return names

    def moved(self) -> None:
        """Who is who has changed here and now: ask the database next time."""
        self._until = -1.0

    def owner(self, code: str) -> str | None:
        """The id a coupon was issued to. Blocking, raises LedgerError."""
        with transaction(self._engine, write=False) as connection:
            return connection.execute(select(coupons.c.user_id).where(coupons.c.code == canonical(code))).scalar()
