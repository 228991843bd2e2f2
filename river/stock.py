"""What the follower reckons from: the lake's lines, read again when it has changed, and the inbox's that aren't there yet."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from serving.inbox_tail import waiting_numbers
from training.held import SCHEMA, Lines, held, unlike
from training.lake import read_table
from training.persons import PEOPLE, TICKETS

if TYPE_CHECKING:
    from sqlalchemy import Engine

LOOK_MS = 1_000
"""How often the lake is looked at."""
# Hundreds of small pieces are several times as slow to look through as one.
_MOST_CHUNKS = 32


class _Read(NamedTuple):
    lines: Lines
    waited: list[int]
    """Numbers that waited before the lake was read: whatever else had been told of before is in it, or was refused."""
    stores: pl.DataFrame


class Stock:
    """Read at once when opened, by a thread beside afterwards: meanwhile what is held already still holds. Raises DataError."""

    lines: Lines
    """All of it."""
    refused: set[str]
    """Ids of whom a line waited that the lake has refused since: what it changed online has to go."""
    stores: pl.DataFrame
    zones: Mapping[str, tzinfo]

    def __init__(self, lake: Path, engine: Engine) -> None:
        self._lake, self._engine = lake, engine
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="lake")
        self._reading: Future[_Read] | None = None
        self._coming = self._since = Lines.of(pl.DataFrame(schema=SCHEMA))
        self._signs, self._look_ms, self.refused = _signs(lake), 0, set()
        self._take(self._read())

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, fresh: Lines) -> None:
        """Lines of the inbox that are new."""
        self._since = self._since.and_of(fresh)
        if self._since.bought.n_chunks() > _MOST_CHUNKS:
            self._since = self._since.whole()
        self.lines = self._read_last.and_of(self._coming).and_of(self._since)

    def renew(self, now_ms: int) -> None:
        """Take over what was read, and begin to read where the lake has changed."""
        if self._reading is not None and self._reading.done():
            done, self._reading = self._reading, None
            self._take(done.result())
        if self._reading is None and now_ms >= self._look_ms:
            self._look_ms = now_ms + LOOK_MS
            if (signs := _signs(self._lake)) != self._signs:
                self._coming, self._since = self._coming.and_of(self._since), Lines.of(pl.DataFrame(schema=SCHEMA))
                self._signs, self._reading = signs, self._pool.submit(self._read)

    def persons(self) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """Who was who when features were reckoned last: person by id of those who bear another name, and by ticket."""
        people, tickets = (self._lake / name for name in (PEOPLE, TICKETS))
        names = dict(pl.read_parquet(people, glob=False).iter_rows()) if people.exists() else {}
        rows = pl.read_parquet(tickets, glob=False).iter_rows() if tickets.exists() else ()
        return names, {(store, order): person for store, order, person in rows}

    def _read(self) -> _Read:
        waited = waiting_numbers(self._engine)
        return _Read(held(self._lake), waited, read_table(self._lake, "stores"))

    def _take(self, read: _Read) -> None:
        waits = pl.col.number.is_in(pl.Series(read.waited, dtype=pl.Int64).implode())
        self.refused |= unlike(self._coming.kept(~waits), read.lines)
        self._coming, self._read_last = self._coming.kept(waits).whole(), read.lines
        self.lines, self.stores = read.lines.and_of(self._coming).and_of(self._since), read.stores
        self.zones = {
            store: ZoneInfo(zone) for store, zone in read.stores.select("store_id", "timezone").iter_rows() if zone
        }


def _signs(lake: Path) -> list[tuple[str, int]]:
    """What differs once an event went in or was taken out, or a store was told of."""
    files = [
        *sorted((lake / "events").glob("day=*/part-*.parquet")),
        lake / "events" / "COMMITTED",
        lake / "stores.parquet",
        # What the lake refuses waits no longer, and changes no part.
        lake / "quarantine",
    ]
    return [(str(file), file.stat().st_mtime_ns) for file in files if file.exists()]
