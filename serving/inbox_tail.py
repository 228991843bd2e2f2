"""The end of the inbox, for who follows it: each event that waits is told once, soon after it was committed."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from sqlalchemy import Engine, func, select

from offers.database import transaction
from serving.events import Record
from serving.tables import EVENT_INBOX

AT_ONCE = 20_000
_PATIENCE_MS = 10_000
_MOST_MISSED = 5_000
_decode = msgspec.json.Decoder(dict).decode


class Waiting(NamedTuple):
    """An event that is not in the lake yet: its number, when it came (milliseconds since 1970), what it says."""

    number: int
    received_ms: int
    record: Record


class Tail:
    """Reads on from where it was. Where several write at once (PostgreSQL) a number may be committed after a higher one, so what
    was left out is asked for again for ten seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._last = engine, 0
        self._missed: dict[int, int] = {}
        """Until when (milliseconds since 1970) a number is asked for."""

    def read(self, now_ms: int) -> list[Waiting]:
        """What came since, at most `AT_ONCE` events and what was missed, by number. Raises LedgerError."""
        numbers, waits = EVENT_INBOX.c.seq, EVENT_INBOX.c.absorbed_ms.is_(None)
        wanted = select(numbers, EVENT_INBOX.c.received_ms, EVENT_INBOX.c.body).where(waits).order_by(numbers)
        self._missed = {number: until for number, until in self._missed.items() if until > now_ms}
        with transaction(self._engine, write=False) as connection:
            late = connection.execute(wanted.where(numbers.in_(list(self._missed)))).all() if self._missed else []
            rows = connection.execute(wanted.where(numbers > self._last).limit(AT_ONCE)).all()
        for row in late:
            del self._missed[row.seq]
        if rows:
            told = {row.seq for row in rows}
            # At the very start what lies before are numbers of events long absorbed.
            first = self._last + 1 if self._last else rows[0].seq
            span = range(max(first, rows[-1].seq - _MOST_MISSED), rows[-1].seq)
            self._missed |= {number: now_ms + _PATIENCE_MS for number in span if number not in told}
            self._last = rows[-1].seq
        return [Waiting(row.seq, row.received_ms, _decode(row.body)) for row in (*late, *rows)]


def last_received_ms(engine: Engine) -> int:
    """When the last came of the events that wait, milliseconds since 1970; 0 while none does. Raises LedgerError."""
    last = select(func.max(EVENT_INBOX.c.received_ms)).where(EVENT_INBOX.c.absorbed_ms.is_(None))
    with transaction(engine, write=False) as connection:
        return connection.execute(last).scalar() or 0


def waiting_numbers(engine: Engine) -> list[int]:
    """Numbers of all events that wait, ascending. Raises LedgerError."""
    wanted = select(EVENT_INBOX.c.seq).where(EVENT_INBOX.c.absorbed_ms.is_(None)).order_by(EVENT_INBOX.c.seq)
    with transaction(engine, write=False) as connection:
        return list(connection.execute(wanted).scalars())
