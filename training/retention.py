"""What the lake and the features have kept long enough: old lines lose whose they were, old snapshots go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from training.filed import forget
from training.parts import locked, parts, write_whole


def unname(lake: Path, before: datetime) -> int:
    """Take the name off every line of a UTC day that was over at `before`; how many lines. They stay as anonymous sales.

    DataError when a part is missing, damaged or cannot be written.
    """
    n_lines, day = 0, before.astimezone(UTC).date()
    with locked(lake):
        for date, path in parts(lake):
            rows = pl.read_parquet(path, glob=False, hive_partitioning=False) if date < day else pl.DataFrame()
            if rows.is_empty() or rows["user_id"].null_count() == len(rows):
                continue
            forget(lake, rows.filter(pl.col.user_id.is_not_null())["event_id"].to_list(), is_gone=False)
            write_whole(path, rows.with_columns(user_id=pl.lit(None, pl.String)))
            n_lines += len(rows) - rows["user_id"].null_count()
    return n_lines


def drop_snapshots(file: Path, before: datetime) -> int:
    """Take rows of snapshots before this moment out of a file of features, but the newest snapshot stays; how many rows."""
    if not file.exists():
        return 0
    with locked(file.parent):
        at = pl.col.event_timestamp
        moments = pl.scan_parquet(file, glob=False, hive_partitioning=False).select(at)
        newest = moments.select(at.max()).collect().item()
        if newest is None:
            return 0
        old = at < min(before, newest)
        if n_rows := len(moments.filter(old).collect()):
            write_whole(file, pl.read_parquet(file, glob=False, hive_partitioning=False).filter(~old))
    return n_rows
