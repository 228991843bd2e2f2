"""Impressions: what was shown, written as files that `daypart ingest` reads. Bounded, and never in a request's way.

A request puts lines on a queue; one thread appends them to `home/inbox/impressions-….csv.part` and gives the file its final
name when it is large or old enough, so that a finished file is whole. When the disk or the queue is full rows are dropped
and counted: a lost impression costs a little learning, a stalled answer costs a sale.
A folder or file that was moved away is begun anew; a home that was is waited for.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from serving.episode import Episode
from serving.shown_rows import COLUMNS
from serving.whole_rows import append, cut_torn

MAX_WAITING = 10_000
MAX_FILE_BYTES = 16 << 20
MAX_FILE_S = 60.0
MAX_FILES = 256
_PAUSE_S = 0.2


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
        self._queue: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._part: Path | None = None
        self._opened_s = 0.0
        self.n_dropped, self._drops = 0, Episode("impressions are dropped", "impressions are written again")
        self._thread = threading.Thread(target=self._run, name="impressions", daemon=True)
        self._thread.start()

    def put(self, lines: str) -> None:
        """Hand over whole lines; returns at once, drops and counts them when too many wait."""
        try:
            self._queue.put_nowait(lines)
        except queue.Full:
            self.n_dropped += lines.count("\n")
            self._drops.begin(f"{self._queue.maxsize} answers wait to be written down")

    def close(self) -> None:
        """Write what waits, finish the file, end the thread."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        adopt(self._folder)
        while True:
            first = self._take()
            waiting, ended = [first or ""], first is None
            while not ended and not self._queue.empty():
                lines = self._queue.get_nowait()
                ended = lines is None
                waiting.append(lines or "")
            batch = "".join(waiting)
            self._save(batch, ended)
            if ended:
                return
            time.sleep(_PAUSE_S if batch else 0)

    def _take(self) -> str | None:
        try:
            return self._queue.get(timeout=1.0)
        except queue.Empty:
            return ""

    def _save(self, batch: str, ended: bool) -> None:
        try:
            if batch:
                self._write(batch)
            self._finish(force=ended)
            if batch:
                self._drops.end()
        except OSError as error:
            self._drops.begin(error)
            self.n_dropped += batch.count("\n")

    def _write(self, batch: str) -> None:
        if not self._has_part():
            self._folder.mkdir(exist_ok=True)  # its home isn't: one that was moved must find its place free
            for left in self._folder.glob(f"impressions-*-{os.getpid()}.csv.part"):
                left.rename(left.with_suffix(""))  # ours, of a folder that was away and was put back
            if len(list(self._folder.iterdir())) >= MAX_FILES:
                raise OSError(f"{self._folder} holds {MAX_FILES} files; run daypart features")
            self._opened_s = self._clock_s()
            self._part = self._folder / f"impressions-{time.time_ns()}-{os.getpid()}.csv.part"
        assert self._part is not None
        append(self._part, ",".join(COLUMNS) + "\n", batch)

    def _has_part(self) -> bool:
        if self._part is not None and not self._part.exists():
            self._part = None  # gone with its folder, or alone
        return self._part is not None

    def _finish(self, force: bool) -> None:
        if not self._has_part() or self._part is None:
            return
        large = self._part.stat().st_size >= MAX_FILE_BYTES
        if force or large or self._clock_s() - self._opened_s >= MAX_FILE_S:
            self._part.rename(self._part.with_suffix(""))
            self._part = None
