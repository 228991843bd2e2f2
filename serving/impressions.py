"""Impressions: what was shown, written as files that `daypart ingest` reads. Bounded, and never in a request's way.

A request puts rows on a queue; one thread appends them to `home/inbox/impressions-….csv.part` and gives the file its final
name when it is large or old enough, so that a finished file is whole. When the disk or the queue is full rows are dropped
and counted: a lost impression costs a little learning, a stalled answer costs a sale.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from feature_repo.events import EVENT_COLUMNS
from serving.whole_rows import Row, append, cut_torn
from serving.wire import RecommendationAsk, Slate

log = logging.getLogger("daypart.serving")
COLUMNS = tuple(column.name for column in EVENT_COLUMNS)
MAX_WAITING = 10_000
MAX_FILE_BYTES = 16 << 20
MAX_FILE_S = 60.0
MAX_FILES = 256
_PAUSE_S = 0.2
_EVENT_ID, _PRODUCT_ID = COLUMNS.index("event_id"), COLUMNS.index("product_id")


def rows_of(slate: Slate, ask: RecommendationAsk, now: datetime) -> list[Row]:
    """One event row per shown product, in the order of COLUMNS."""
    context, shown = ask.context, slate.recommendation_id
    alike: list[str | int | None] = [None] * len(COLUMNS)
    told = {
        "event_type": "impression",
        "occurred_at": now.astimezone(UTC).isoformat(),
        "user_id": ask.user_id,
        "store_id": context.store_id,
        "channel": context.channel,
        "recommendation_id": shown,
    }
    for name, value in told.items():
        alike[COLUMNS.index(name)] = value
    rows: list[Row] = []
    for item in slate.items:
        row = alike.copy()
        row[_EVENT_ID], row[_PRODUCT_ID] = f"{shown}.{item.rank}", item.product_id
        rows.append(row)
    return rows


def finished(home: Path) -> list[Path]:
    """Whole impression files, oldest first: ingest them, then delete them."""
    return sorted((home / "inbox").glob("impressions-*.csv"))


def adopt(folder: Path) -> None:
    """Finish what a writer that was killed left behind, without the row that it was writing."""
    for part in sorted(folder.glob("impressions-*.csv.part")):
        pid = part.name.removesuffix(".csv.part").rpartition("-")[2]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            with suppress(OSError):  # another worker was first
                cut_torn(part)
                part.rename(part.with_suffix(""))


class ImpressionLog:
    """The writer. `close` writes what waits and finishes the file."""

    def __init__(self, home: Path, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._folder = home / "inbox"
        self._clock_s = clock_s
        self._queue: queue.Queue[Sequence[Row] | None] = queue.Queue(MAX_WAITING)
        self._part: Path | None = None
        self._opened_s = 0.0
        self.n_dropped = 0
        self._thread = threading.Thread(target=self._run, name="impressions", daemon=True)
        self._thread.start()

    def put(self, rows: Sequence[Row]) -> None:
        """Hand over rows; returns at once, drops and counts them when too many wait."""
        try:
            self._queue.put_nowait(rows)
        except queue.Full:
            self.n_dropped += len(rows)

    def close(self) -> None:
        """Write what waits, finish the file, end the thread."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        adopt(self._folder)
        while True:
            first = self._take()
            batch, ended = [*(first or ())], first is None
            while not ended and not self._queue.empty():
                rows = self._queue.get_nowait()
                ended = rows is None
                batch.extend(rows or ())
            try:
                self._write(batch)
                self._finish(force=ended)
            except OSError as error:
                if not self.n_dropped:
                    log.warning("impressions are dropped: %s", error)
                self.n_dropped += len(batch)
            if ended:
                return
            time.sleep(_PAUSE_S if batch else 0)

    def _take(self) -> Sequence[Row] | None:
        try:
            return self._queue.get(timeout=1.0)
        except queue.Empty:
            return ()

    def _write(self, batch: Sequence[Row]) -> None:
        if not batch:
            return
        if self._part is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            if len(list(self._folder.iterdir())) >= MAX_FILES:
                raise OSError(f"{self._folder} holds {MAX_FILES} files; run daypart features")
            self._opened_s = self._clock_s()
            self._part = self._folder / f"impressions-{time.time_ns()}-{os.getpid()}.csv.part"
        append(self._part, COLUMNS, batch)

    def _finish(self, force: bool) -> None:
        if self._part is None:
            return
        large = self._part.stat().st_size >= MAX_FILE_BYTES
        if force or large or self._clock_s() - self._opened_s >= MAX_FILE_S:
            self._part.rename(self._part.with_suffix(""))
            self._part = None
