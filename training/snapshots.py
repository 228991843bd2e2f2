"""Files of snapshots: one parquet file per view, rows of several moments told apart by `event_timestamp`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from training.errors import FeatureError
from training.histories import Histories
from training.parts import locked, write_whole
from training.row_groups import OddFile, cut

MOMENT = pl.Datetime("us", "UTC")
GROUP_ROWS = 16_384
"""Rows of a row group: what a person's erasure writes anew of a view, and what a search for one reads."""
VIEWS = {
    **dict.fromkeys(("user_profile", "user_history", "user_rhythm", "user_visits", "user_responses"), "user_id"),
    **dict.fromkeys(("user_portrait", "user_reviews"), "user_id"),
    "store_assortment": "store_id",
}
"""Views and the column that names their entity; a parquet file each in `settings.features`."""


def replace_snapshot(path: Path, frame: pl.DataFrame, key: str, at: datetime) -> None:
    """Put `frame` (one row per `key`) into `path` as the snapshot of `at`, in place of an earlier one of that moment.

    The file is there whole or not at all, and writers take turns. Raises FeatureError when it is damaged.
    """
    frame = frame.with_columns(pl.lit(at, dtype=MOMENT).alias("event_timestamp"))
    with locked(path.parent):
        if path.exists():
            others = _read(path).filter(pl.col.event_timestamp != at).collect()
            frame = pl.concat([others.cast(frame.schema), frame]) if len(others) else frame
        write_whole(path, frame.sort("event_timestamp", key), GROUP_ROWS)


def without(path: Path, key: str, ids: Sequence[str]) -> int:
    """Take the rows of `ids` out of every snapshot of a file; how many. Raises FeatureError when it is damaged."""
    return without_any([path], key, ids)


def without_any(paths: Sequence[Path], key: str, ids: Sequence[str]) -> int:
    """The same of several files of one folder, two at a time, as writing one keeps one core busy."""
    there = [path for path in paths if path.exists()]
    if not there:
        return 0
    with locked(there[0].parent), ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda path: _without(path, key, ids), there))


def _without(path: Path, key: str, ids: Sequence[str]) -> int:
    mine = pl.col(key).is_in(pl.Series(ids, dtype=pl.String).implode())
    # The key alone, of row groups among whose keys they can be: mostly nothing is known, and the lists are wide.
    places = _read(path).with_row_index("at").filter(mine).select("at").collect()["at"].to_list()
    if places:
        try:
            cut(path, places)
        except OddFile:
            write_whole(path, _read(path).filter(~mine).collect(), GROUP_ROWS)
    return len(places)


def latest(path: Path, key: str, through: datetime, may_be_empty: bool = False) -> tuple[datetime, list[str]]:
    """(moment of the last snapshot at or before `through`, its ids ascending); `through` and nobody where the file holds no row,
    or none so early in a view that may be empty. Raises FeatureError when there is no file, or no such snapshot."""
    if not path.exists():
        raise FeatureError(f"{path}: no features yet; run `daypart features` first")
    every = _read(path).select(key, "event_timestamp").collect()
    rows = every.filter(pl.col.event_timestamp <= through)
    at = rows["event_timestamp"].max()
    if isinstance(at, datetime):
        return at, rows.filter(pl.col.event_timestamp == at)[key].sort().to_list()
    # Nobody is known, or everybody was forgotten: that is no fault.
    if may_be_empty or every.is_empty():
        return through, []
    raise FeatureError(f"{path}: no snapshot at or before {through.isoformat()}; run `daypart features` first")


def history_rows(histories: Histories) -> pl.DataFrame:
    """Histories as one row of lists per user."""
    offsets = pa.array(histories.indptr.astype(np.int32))
    products = pl.Series(histories.products, dtype=pl.String).gather(histories.rows).to_arrow()
    lists = {"product_ids": products, "counts": pa.array(histories.counts), "decayed": pa.array(histories.decayed)}
    lists["last_visit"] = pa.array(histories.last_visit.astype(np.int64))
    lists["last_at_s"] = pa.array(histories.last_at_s)
    columns = {name: pa.LargeListArray.from_arrays(offsets.cast(pa.int64()), values) for name, values in lists.items()}
    table = pa.table({"user_id": pa.array(histories.users, pa.string()), **columns})
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame.with_columns(n_visits=pl.Series(histories.n_visits.astype(np.int64)))


def _read(path: Path) -> pl.LazyFrame:
    try:
        rows = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FeatureError(f"{path}: damaged ({error}); delete it and run `daypart features`") from None
    return rows
