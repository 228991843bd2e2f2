"""How the lake keeps its files whole: one writer at a time, parquet renamed into place, a batch visible by one rename.

Events lie in `events/day=YYYY-MM-DD/part-<batch>.parquet`. `events/COMMITTED` names the batches that count, a line each: number,
tab, count of parts. It is replaced only after every part of a batch stands, so a reader sees a batch whole or not at all;
parts that a crash left behind carry the next number, are read by nobody and are removed by the next writer.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO

import polars as pl

from training.shapes import Progress

COMMITTED = "COMMITTED"
MAGIC = b"PAR1"
_LINE = re.compile(r"(\d{6,})\t(\d+)")
# zstd's fastest level: a lake file is read far more often than it is worth squeezing.
LEVEL = 1
_WRITERS = 4
REINGEST = "restore the lake, or delete it and ingest again"


class DataError(Exception):
    """Data given or kept cannot be used. One line: which file, what is wrong, what to do."""


@contextmanager
def locked(lake: Path) -> Iterator[None]:
    """Hold the lake for writing; a second writer, of this process or another, waits. The kernel frees it if we die."""
    try:
        lake.mkdir(parents=True, exist_ok=True)
        handle = os.open(lake / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataError(f"{lake}: the lake cannot be written ({error.strerror}); set DAYPART_HOME elsewhere") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_whole(path: Path, content: pl.DataFrame | bytes, group_rows: int | None = None) -> None:
    """Write a parquet file, in row groups of `group_rows`, or bytes: the file is there whole or not at all. Raises DataError."""
    with whole(path) as handle:
        if isinstance(content, bytes):
            handle.write(content)
        else:
            content.write_parquet(handle, compression_level=LEVEL, row_group_size=group_rows)


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """What is written goes under another name, is flushed to disk and renamed; of a block that fails nothing is left.

    Raises DataError where it cannot be written.
    """
    beside = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be written ({said}); free disk space or mend its rights") from None
    finally:
        beside.unlink(missing_ok=True)


def committed(lake: Path) -> dict[str, int]:
    """Batches that count, with their number of parts. DataError when the list is damaged."""
    path = lake / "events" / COMMITTED
    try:
        lines = path.read_text("ascii").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}); restore it from a backup") from None
    found = [_LINE.fullmatch(line) for line in lines]
    batches = {m[1]: int(m[2]) for m in found if m}
    if not lines or len(batches) != len(lines):
        raise DataError(f"{path}: is not a list of batches; restore it from a backup")
    return batches


def write_batch(lake: Path, events: pl.DataFrame, progress: Progress = None) -> None:
    """Add events (lake columns, at least one row) as a batch: all visible at once, or none. Call it under the lock."""
    batches = committed(lake)
    batch = f"{max(map(int, batches), default=0) + 1:06d}"
    for left in (lake / "events").glob(f"day=*/*part-{batch}.parquet*"):
        left.unlink()
    if not events["occurred_at"].is_sorted():
        events = events.sort("occurred_at", maintain_order=True)
    days = events["occurred_at"].dt.date().rle().struct.unnest()
    starts = days["len"].cum_sum() - days["len"]

    def write(day: tuple[int, int, date]) -> None:
        start, n_rows, date_ = day
        write_whole(lake / "events" / f"day={date_.isoformat()}" / f"part-{batch}.parquet", events.slice(start, n_rows))

    # Small files mostly wait for the disk, so a few are written at a time.
    with ThreadPoolExecutor(_WRITERS) as pool:
        for done, _ in enumerate(pool.map(write, zip(starts, days["len"], days["value"], strict=True)), 1):
            if progress:
                progress("writing days", done, len(days))
    batches[batch] = len(days)
    write_whole(lake / "events" / COMMITTED, "".join(f"{b}\t{n}\n" for b, n in batches.items()).encode())


def parts(lake: Path) -> list[tuple[date, Path]]:
    """Every visible part with its UTC day, by day and batch. DataError when one is missing or is not whole parquet."""
    batches, found = committed(lake), []
    for path in sorted((lake / "events").glob("day=*/part-*.parquet")):
        if path.stem.removeprefix("part-") in batches:
            check_whole(path)
            found.append((date.fromisoformat(path.parent.name.removeprefix("day=")), path))
    counts = Counter(path.stem.removeprefix("part-") for _, path in found)
    for batch, n_parts in batches.items():
        if counts[batch] != n_parts:
            said = f"batch {batch} has {counts[batch]} of its {n_parts} parts"
            raise DataError(f"{lake / 'events'}: {said}; {REINGEST}")
    return found


def check_whole(path: Path, remedy: str = REINGEST) -> None:
    """DataError, which names the remedy, unless the file begins and ends as parquet does."""
    try:
        with path.open("rb") as handle:
            head = handle.read(len(MAGIC))
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - len(MAGIC)))
            whole = size > 2 * len(MAGIC) and head == handle.read() == MAGIC
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); mend its rights or restore it") from None
    if not whole:
        raise DataError(f"{path}: is damaged or cut short; {remedy}")
