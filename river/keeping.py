"""What a push can't do, done within a second: whose history an event or a link changes otherwise is reckoned from lake and inbox.

Purchases of a day gone by, refunds, voids, claims, merges and splits: for the few people concerned the code of `daypart features`
is asked over all their lines, and what comes out replaces their online rows; for everybody, when the store came back empty.
It follows the inbox and the audit of who is who, asks nothing of the service and may be killed at any moment: whoever comes next
begins with all that waits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from models.history import History, alike
from offers.database import transaction
from people.batches import batches
from people.directory import version
from people.identity import is_identity
from people.secret import References
from people.tombstones import stones_of
from river.concerned import concerned, late
from river.refilling import Refill, everybody
from river.stock import Stock
from river.whose import moved, unlike, whose
from serving.inbox_tail import Tail
from settings import Settings
from training.held import arrived, histories_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from embedded.filled import Filling
    from serving.history_rows import HistoryRows

AT_ONCE, ALL_AT_ONCE = 500, 5_000
"""People reckoned together; when it is everybody, in larger parts, as each part looks through all lines."""
AGAIN_MS = 1_500
"""After which they are looked at once more: a push under way meanwhile may have written what it knew before."""


class Keeper:
    """One follower. forget: deletes all that is online of some ids. clock: aware moments."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        rows: HistoryRows,
        forget: Callable[[Sequence[str]], object],
        clock: Callable[[], datetime],
        filling: Filling,
    ) -> None:
        self._limit, self._engine, self._rows, self._forget, self._clock = (
            settings.history_limit, engine, rows, forget, clock,
        )  # fmt: skip
        self._references = References(settings.identity_secret)
        self._stock, self._tail = Stock(settings.lake, engine), Tail(engine)
        self._refill, self._was_refilled = Refill(filling), False
        self._owed: set[str] = set()
        self._again: dict[str, int] = {}
        """When (milliseconds since 1970) an id was reckoned and has to be once more."""
        with transaction(engine, write=False) as connection:
            self._version = version(connection)
            self._owed |= unlike(connection, *self._stock.persons())

    def close(self) -> None:
        """Let the thread that reads the lake go."""
        self._stock.close()

    def owe(self, ids: Iterable[str]) -> None:
        """Have these reckoned at the next look."""
        self._owed |= set(ids)

    def look(self, since_ms: int | None = None) -> int:
        """Do what there is to do; how many ids were reckoned. What fails is owed: raises LedgerError, RedisError, DataError.

        since_ms: whoever is told of by an event that came then or later is concerned, whatever it says.
        """
        now_ms = int((now := self._clock()).timestamp() * 1000)
        self._stock.renew(now_ms)
        self._owed |= self._told(now_ms, since_ms) | self._moved() | self._stock.refused
        self._stock.refused = set()
        # What comes while everybody is reckoned, and is pushed before it is their turn, is found by the next look.
        n_reckoned, is_due = 0, self._refill.is_due(now)
        self._was_refilled, everyone = is_due, everybody(self._engine, self._stock) if is_due else set()
        for some in batches(sorted(self._owed | everyone), ALL_AT_ONCE if is_due else AT_ONCE):
            ids = self._reckon(some)
            self._owed -= set(some)
            self._again |= {} if is_due else dict.fromkeys(ids, now_ms + AGAIN_MS)
            n_reckoned += len(ids)
        if is_due:
            self._refill.done()
        for some in batches(sorted(one for one, at_ms in self._again.items() if at_ms <= now_ms), AT_ONCE):
            self._reckon(some)
            for one in some:
                del self._again[one]
        return n_reckoned

    def _told(self, now_ms: int, since_ms: int | None) -> set[str]:
        """Whom the events concern that came since."""
        came = self._tail.read(now_ms)
        fresh = arrived((one.number, one.record) for one in came)
        if not len(fresh.bought) and not len(fresh.back):
            return set()
        self._stock.add(fresh)
        behind = late(came, self._stock.zones)
        # Of somebody reckoned a moment ago a push may have been overwritten.
        soon = {one.number for one in came if self._was_refilled or one.record["user_id"] in self._again}
        if since_ms is not None:
            soon |= {one.number for one in came if one.received_ms >= since_ms}
        found = concerned(self._stock.lines, fresh, {*behind, *soon}, self._borne)
        return {self._references.of(one) if is_identity(one) else one for one in found}

    def _borne(self, ids: Collection[str]) -> Collection[str]:
        if not self._version:
            return ids
        with transaction(self._engine, write=False) as connection:
            return whose(connection, ids).person

    def _moved(self) -> set[str]:
        with transaction(self._engine, write=False) as connection:
            now = version(connection)
            found = moved(connection, self._version) if now > self._version else set()
        self._version = now
        return found

    def _reckon(self, ids: Sequence[str]) -> Collection[str]:
        """Every id of those people."""
        with transaction(self._engine, write=False) as connection:
            person, tickets = whose(connection, ids)
        names = sorted(set(person.values()))
        found = histories_of(self._stock.lines, person, tickets, self._stock.stores, self._limit)
        aliases = [one for one, name in person.items() if one != name]
        # First they go, as answers read all rows of a person: twice is worse than a moment late.
        self._rows.drop(aliases)
        for some in batches(names, AT_ONCE):
            self._rows.change(some, partial(_replaced, found))
        with transaction(self._engine, write=False) as connection:
            stones = stones_of(connection, self._references, names)
        if gone := [name for name, stone in stones.items() if stone.returned_us is None]:
            self._forget(gone)
        return person


def _replaced(found: Mapping[str, History], name: str, stood: History) -> History:
    """What stands instead; the same object where that is the same."""
    new = found.get(name, History.empty())
    return stood if alike(new, stood) else new
