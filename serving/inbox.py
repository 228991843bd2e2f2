"""The event inbox: accepted events wait in the ledger's database until `daypart features` has put them into the lake.

`take` returns after the commit, which on both databases means after the flush: what was answered 202 survives a power cut.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, delete, false, or_, select, update

from offers.database import transaction
from serving.events import Record
from serving.tables import EVENT_INBOX

# SQLite binds at most 32,766 values a statement; four columns a row stay far below it.
_ROWS_A_STATEMENT = 1000
_FEW = 50
RECENT = timedelta(minutes=10)
"""How far back a start looks for what an online store may have lost: the embedded one saves itself every five minutes."""
_MOST_RECENT = 10_000
CANCELS = ("refund", "void")
_encode = msgspec.json.Encoder().encode


class Arrived(NamedTuple):
    """Of the records given, in their order: those that are new, and those whose id another event has. The rest are repeats."""

    fresh: list[Record]
    clashing: list[Record]


def content(record: Record) -> str:
    """What tells two events of one id apart: 16 hex digits of the hash of all that the event states. What it leaves out is not
    in it, so a column of a later version makes no repeat another event."""
    stated = {name: value for name, value in record.items() if value is not None}
    return hashlib.md5(_encode(stated), usedforsecurity=False).hexdigest()[:16]


def take(engine: Engine, records: Sequence[Record], now: datetime, said: Sequence[str] | None = None) -> Arrived:
    """Store the records whose event_id is new, durably.

    said: of each record, `content` of what was told; by default of the record. One transaction. Events stay known after they
    were absorbed, so a late retry is still a repeat, and another event under their id still clashes; with those of before the
    column `said` nothing does. Raises LedgerError.
    """
    if not records:
        return Arrived([], [])
    told = [content(record) for record in records] if said is None else said
    # Sorted by id: two batches that share events then lock them in one order and can't deadlock.
    first_of_id = {
        record["event_id"]: (record, says) for record, says in zip(reversed(records), reversed(told), strict=True)
    }
    received, ids, fresh, stands = _ms(now), sorted(first_of_id), set[str](), dict[str, str | None]()
    with transaction(engine, write=True) as connection:
        for start in range(0, len(ids), _ROWS_A_STATEMENT):
            some = ids[start : start + _ROWS_A_STATEMENT]
            rows = ((key, received, _encode(first_of_id[key][0]).decode(), first_of_id[key][1]) for key in some)
            fresh |= set(connection.exec_driver_sql(_insert(engine, len(some)), tuple(chain(*rows))).scalars())
            if known := [key for key in some if key not in fresh]:
                told_before = connection.exec_driver_sql(_said(engine, len(known)), tuple(known))
                stands |= {row.event_id: row.said for row in told_before}
    stands |= {key: first_of_id[key][1] for key in fresh}
    return Arrived(
        [one for one in records if one["event_id"] in fresh and first_of_id[one["event_id"]][0] is one],
        [one for one, says in zip(records, told, strict=True) if stands.get(one["event_id"]) not in (None, says)],
    )


def _insert(engine: Engine, n_rows: int) -> str:
    """Written by hand: to have it made for so many rows costs several times what the database does with it."""
    rows = ", ".join(["(" + ", ".join([_mark(engine)] * 4) + ")"] * n_rows)
    into = f"INSERT INTO {EVENT_INBOX.name} (event_id, received_ms, body, said) VALUES "
    return into + rows + " ON CONFLICT (event_id) DO NOTHING RETURNING event_id"


def _said(engine: Engine, n_ids: int) -> str:
    return f"SELECT event_id, said FROM {EVENT_INBOX.name} WHERE event_id IN ({', '.join([_mark(engine)] * n_ids)})"


def _mark(engine: Engine) -> str:
    return "?" if engine.dialect.name == "sqlite" else "%s"


def recent(engine: Engine, since: datetime) -> list[Record]:
    """Of the newest `_MOST_RECENT` events that wait those that came then or later, refunds and voids whenever they came."""
    wanted = select(EVENT_INBOX.c.body, EVENT_INBOX.c.received_ms).where(EVENT_INBOX.c.absorbed_ms.is_(None))
    with transaction(engine, write=False) as connection:
        rows = connection.execute(wanted.order_by(EVENT_INBOX.c.seq.desc()).limit(_MOST_RECENT)).all()
    since_ms = _ms(since)
    told = ((row.received_ms >= since_ms, msgspec.json.decode(row.body)) for row in reversed(rows))
    return [record for is_new, record in told if is_new or record["event_type"] in CANCELS]


def pending(engine: Engine, limit: int, after: int = 0) -> list[tuple[int, Record]]:
    """(number, record) of events not absorbed yet, in the order of arrival, at most `limit`, of numbers above `after`."""
    waits = EVENT_INBOX.c.absorbed_ms.is_(None) & (EVENT_INBOX.c.seq > after)
    wanted = select(EVENT_INBOX.c.seq, EVENT_INBOX.c.body).where(waits)
    with transaction(engine, write=False) as connection:
        rows = connection.execute(wanted.order_by(EVENT_INBOX.c.seq).limit(limit)).all()
    return [(row.seq, msgspec.json.decode(row.body)) for row in rows]


def mark_absorbed(engine: Engine, numbers: Sequence[int], now: datetime) -> None:
    """Say that these events are in the lake. Call it after the lake has them: a repeat there is harmless, a gap is not.

    What they said goes with it: the id and a hash of it tell a late retry that it is one.
    """
    with transaction(engine, write=True) as connection:
        for start in range(0, len(numbers), _ROWS_A_STATEMENT):
            some = EVENT_INBOX.c.seq.in_(numbers[start : start + _ROWS_A_STATEMENT])
            connection.execute(update(EVENT_INBOX).where(some).values(absorbed_ms=_ms(now), body=""))


def waiting_of(connection: Connection, user_ids: Collection[str]) -> list[tuple[int, Record]]:
    """(number, record) of events of these users that are not absorbed yet."""
    wanted = select(EVENT_INBOX.c.seq, EVENT_INBOX.c.body).where(EVENT_INBOX.c.absorbed_ms.is_(None))
    if len(user_ids) <= _FEW:
        # Most bodies don't hold the text anywhere, and needn't be brought here to see it.
        texts = [_encode(one).decode()[1:-1] for one in user_ids]
        wanted = wanted.where(or_(false(), *(EVENT_INBOX.c.body.contains(text, autoescape=True) for text in texts)))
    rows = ((row.seq, msgspec.json.decode(row.body)) for row in connection.execute(wanted.order_by(EVENT_INBOX.c.seq)))
    return [(number, record) for number, record in rows if record["user_id"] in user_ids]


def forget(connection: Connection, user_ids: Collection[str], event_ids: Sequence[str]) -> int:
    """Delete what waits of these users, and what is left of events that the lake had of them; how many rows."""
    numbers, n_gone = [number for number, _ in waiting_of(connection, user_ids)], 0
    for column, values in ((EVENT_INBOX.c.seq, numbers), (EVENT_INBOX.c.event_id, event_ids)):
        for start in range(0, len(values), _ROWS_A_STATEMENT):
            some = column.in_(values[start : start + _ROWS_A_STATEMENT])
            n_gone += connection.execute(delete(EVENT_INBOX).where(some)).rowcount
    return n_gone


def drop_old(connection: Connection, before: datetime) -> int:
    """Delete events that were absorbed before this moment, by whose ids late retries were known: the lake knows them too. What
    earlier versions left of others goes as well. How many were deleted."""
    absorbed = EVENT_INBOX.c.absorbed_ms.is_not(None)
    connection.execute(update(EVENT_INBOX).where(absorbed, EVENT_INBOX.c.body != "").values(body=""))
    return connection.execute(delete(EVENT_INBOX).where(EVENT_INBOX.c.absorbed_ms < _ms(before))).rowcount


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
