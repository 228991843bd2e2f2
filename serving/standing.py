"""How people stand to us, as a serving process knows it: what each allows, and who was erased.

Asked on every request, so answers are remembered until somebody says a new word or is erased, at most FRESH_S late. When the
ledger is down, who isn't remembered is a stranger: not to know a no is no reason to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy import Engine

from offers.database import LedgerError, transaction
from people import consent, directory
from people.secret import References
from people.tombstones import Tombstone, stones_of, verdict
from serving.episode import Episode

FRESH_S = 0.5
# A request that began before an erasure may still bring in what it read; so it is looked for again for a while.
ASKED_AGAIN_S = 10.0
MAX_REMEMBERED = 100_000
Purposes = frozenset[str]
ALL: Purposes = frozenset(consent.PURPOSES)
NONE: Purposes = frozenset()


class Standing:
    """The tables of consent and tombstones as a serving process sees them. Threads share it.

    forget: deletes the online rows of these ids and says how many there were (raises as the online store does).
    """

    def __init__(
        self,
        engine: Engine,
        references: References,
        default: str,
        clock_s: Callable[[], float],
        forget: Callable[[Sequence[str]], int],
    ) -> None:
        self.forget = forget
        self._engine, self._references, self._clock_s = engine, references, clock_s
        self._default = default
        self._otherwise = ALL if default == "opt-out" else NONE
        self._version, self._until = (-1, -1), -1.0
        self._allowed: dict[str, Purposes] = {}
        self.unasked = Episode("nobody can be asked what people allow", "people can be asked again what they allow")
        self._swept, self._sweep_until = -1, -1.0

    def recall(self, names: Sequence[str]) -> Purposes | None:
        """The purposes that a person allows, if memory can tell; asks no database. names: their ids, their name first."""
        if self._clock_s() >= self._until:
            return None
        return self._otherwise if self._version == (0, 0) else self._allowed.get(names[0])

    def remembered(self, names: Sequence[str]) -> Purposes | None:
        """What they were last known to allow, however old; None for one of whom that isn't known."""
        return self._otherwise if self._version == (0, 0) else self._allowed.get(names[0])

    def allows(self, names: Sequence[str], now_us: int) -> Purposes:
        """The same from the database if need be. Blocking, raises SecretFault alone."""
        if (known := self.recall(names)) is not None:
            return known
        try:
            with transaction(self._engine, write=False) as connection:
                version = (consent.version(connection), directory.version(connection))
                words = consent.said(connection, names) if version[0] else []
                stones = stones_of(connection, self._references, names)
        except LedgerError as error:
            self.unasked.begin(error)
            return self.remembered(names) or NONE
        self.unasked.end()
        if version != self._version or len(self._allowed) >= MAX_REMEMBERED:
            self._allowed = {}
        self._version, self._until = version, self._clock_s() + FRESH_S
        gone = any(verdict(stones.get(name), now_us) != "theirs" for name in names)
        said = consent.allowed(words, self._default)
        found = NONE if gone else frozenset(purpose for purpose, yes in said.items() if yes)
        self._allowed[names[0]] = found
        return found

    def willing(self, ids: Collection[str], purpose: str) -> Collection[str]:
        """Those of these ids whose person allows a purpose, by the database. Blocking, raises LedgerError."""
        with transaction(self._engine, write=False) as connection:
            return consent.willing(connection, ids, purpose, self._default)

    def moved(self) -> None:
        """Who is who has changed here and now, and with it whose words count: ask the database next time."""
        self._until = -1.0

    def erased(self, ids: Iterable[str]) -> Mapping[str, Tombstone]:
        """The tombstones of those ids that have one. Blocking, raises LedgerError, SecretFault."""
        with transaction(self._engine, write=False) as connection:
            return stones_of(connection, self._references, ids)

    def gone(self, ids: Collection[str]) -> list[str]:
        """Those of these ids that are erased, looked for while anything changes in who is who and ASKED_AGAIN_S longer; none when
        nobody can be asked. Blocking."""
        try:
            with transaction(self._engine, write=False) as connection:
                version, now_s = directory.version(connection), self._clock_s()
                if version != self._swept:
                    self._swept, self._sweep_until = version, now_s + ASKED_AGAIN_S
                stones = stones_of(connection, self._references, ids) if now_s <= self._sweep_until else {}
        except LedgerError:
            return []
        return [user_id for user_id, stone in stones.items() if stone.returned_us is None]
