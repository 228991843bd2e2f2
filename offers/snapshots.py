"""Parquet files of snapshots: the latest row of each key at or before a moment (a snapshot at T knows what lay before T)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from offers.columns import micros
from offers.errors import PlanError

BATCH = 1024
# Features keep the older snapshots of a file, so they refuse one they can't read.
_REMEDY = "delete it and run `daypart features`"


def newest(path: Path, key: str, now: datetime) -> dict[str, int]:
    """Key to the microseconds of its latest snapshot at or before `now`, by ascending key.

    Raises PlanError when the file isn't there or can't be read.
    """
    limit, found = micros(now), dict[str, int]()
    for rows in _batches(path, [key, "event_timestamp"], BATCH):
        for name, at in zip(rows[key].to_pylist(), times(rows), strict=True):
            if at <= limit:
                found[name] = max(at, found.get(name, at))
    return dict(sorted(found.items()))


def rows_of(path: Path, key: str, chosen: dict[str, int], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One row (dict of `key`, `columns`, `event_timestamp`) for each of the `chosen` snapshots, in the file's order.

    A snapshot that stands in the file twice is taken once.
    """
    for rows in tables_of(path, key, chosen, columns):
        yield from rows.to_pylist()


def tables_of(
    path: Path, key: str, chosen: dict[str, int], columns: Sequence[str], n_rows: int | None = None
) -> Iterator[Any]:
    """The same as record batches, each of what `n_rows` (else `BATCH`) rows of the file hold of the `chosen`; none is empty."""
    left = dict(chosen)
    for rows in _batches(path, [key, "event_timestamp", *columns], n_rows or BATCH):
        wanted = []
        for place, (name, at) in enumerate(zip(rows[key].to_pylist(), times(rows), strict=True)):
            if left.get(name) == at:
                del left[name]
                wanted.append(place)
        if wanted:
            yield rows.take(pa.array(wanted))


def times(rows: Any) -> list[int]:
    """The snapshot of each row, in microseconds since 1970 UTC."""
    at: list[int] = rows["event_timestamp"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    return at


def _batches(path: Path, columns: list[str], n_rows: int) -> Iterator[Any]:
    if not path.is_file():
        raise PlanError(f"{path}: not there; run daypart features first")
    try:
        with pq.ParquetFile(path) as file:
            missing = sorted(set(columns) - set(file.schema_arrow.names))
            if missing:
                raise PlanError(f"{path}: has no column {missing[0]}; {_REMEDY}")
            yield from file.iter_batches(n_rows, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise PlanError(f"{path}: can't be read ({str(error).splitlines()[0]}); {_REMEDY}") from None
