"""The event lake: events in parquet by UTC day, each `event_id` once, beside the tables of products, stores and assortment.

Times are microseconds in UTC, ids text, whole numbers Int64. `training.parts` tells how files stay whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from training.event_ids import with_event_ids
from training.parts import REINGEST, DataError, check_whole, locked, parts, write_batch, write_whole
from training.persons import by_person
from training.repeats import ROW, Settled, equal_to, settle
from training.shapes import KEYS, SCHEMAS, Progress

__all__ = ["DataError", "append_events", "has_table", "land", "read_events", "read_table", "scan", "upsert"]


def read_events(
    lake: Path,
    through: datetime | None = None,
    types: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pl.LazyFrame:
    """Events with `occurred_at < through`, of `types`, lazily; columns of `EVENT_COLUMNS`, or the named ones, in no order.
    `user_id` is the person's (`training.persons`), whatever the id under which the event came.

    Empty when no event fits. DataError when the lake holds no events at all, or a part of it is missing or damaged.
    """
    if through is not None and through.utcoffset() is None:
        raise DataError(f"{through.isoformat()}: the time has no offset; write it as 2025-01-31T00:00:00Z")
    found = parts(lake)
    if not found:
        raise DataError(f"{lake}: holds no events yet; run `daypart ingest --events FILE` first")
    events = scan(
        [
            path
            for day, path in found
            if through is None or day <= (through - timedelta.resolution).astimezone(UTC).date()
        ]
    )
    if through is not None:
        events = events.filter(pl.col("occurred_at") < through)
    if types is not None:
        events = events.filter(pl.col("event_type").is_in(list(types)))
    columns = columns or SCHEMAS["events"].names()
    return (by_person(lake, events) if "user_id" in columns else events).select(columns)


def has_table(lake: Path, name: str) -> bool:
    """Whether `products`, `stores` or `assortment` was ever ingested."""
    return _table_path(lake, name).exists()


def read_table(lake: Path, name: str) -> pl.DataFrame:
    """The table `products`, `stores` or `assortment`, sorted by its key; empty when it was never ingested.

    products may carry `name_<locale>` columns. assortment has a row per store, product and `as_of`: take the latest that is
    not after your moment. DataError when the file is damaged.
    """
    if not has_table(lake, name):
        return pl.DataFrame(schema=SCHEMAS[name])
    path = _table_path(lake, name)
    check_whole(path)
    table = _readable(pl.scan_parquet(path, glob=False), path)
    # A lake from before a column was thought of says nothing in it.
    lacking = [pl.lit(None, kind).alias(c) for c, kind in SCHEMAS[name].items() if c not in table.columns]
    extra = [c for c in table.columns if c not in SCHEMAS[name]]
    return table.with_columns(lacking).select(*SCHEMAS[name].names(), *extra) if lacking else table


def append_events(lake: Path, frame: pl.DataFrame) -> tuple[int, int]:
    """Add events that are valid already; how many went in, and how many had an id that stands already (the first stays).

    frame: columns of `EVENT_COLUMNS`, those absent are null; rows without `event_id` get the hash of their content. Idempotent
    over the whole lake and inside `frame`. Crash-safe: all rows of a call become visible at once, or none.
    """
    schema = SCHEMAS["events"]
    lacking = [pl.lit(None, dtype=t).alias(c) for c, t in schema.items() if c not in frame.columns]
    events = with_event_ids(frame.with_columns(lacking).select(pl.col(c).cast(t) for c, t in schema.items()))
    settled = land(lake, events.with_row_index(ROW))
    return len(settled.fresh), settled.n_same + len(settled.conflicts)


def land(lake: Path, rows: pl.DataFrame, progress: Progress = None) -> Settled:
    """Write those of `rows` (lake columns and `ROW`) whose `event_id` is new; what became of each of the others.

    A row that contradicts the event of its id, in the lake or earlier in `rows`, is not written.
    """
    with locked(lake):
        settled = settle(rows, _known(lake, rows), KEYS["events"])
        if not settled.fresh.is_empty():
            write_batch(lake, settled.fresh.select(SCHEMAS["events"].names()), progress)
    return settled


def upsert(lake: Path, name: str, rows: pl.DataFrame) -> tuple[int, Settled]:
    """Put `rows` (lake columns and `ROW`) into a table by its key; how many changed it, and what became of repeated keys.

    A column the rows lack keeps what the table says; a null in a column they have overwrites it.
    """
    keys = list(KEYS[name])
    with locked(lake):
        old = read_table(lake, name)
        settled = settle(rows, rows.clear().drop(ROW), keys)
        new = settled.fresh.drop(ROW)
        kept = [c for c in old.columns if c not in new.columns]
        new = new.join(old.select(*keys, *kept), on=keys, how="left", nulls_equal=True, maintain_order="left")
        old = old.with_columns(pl.lit(None, dtype=new.schema[c]).alias(c) for c in new.columns if c not in old.columns)
        changed = new.filter(~equal_to(new, old, keys))
        if not (changed.is_empty() and has_table(lake, name)):
            stay = old.join(changed, on=keys, how="anti", nulls_equal=True).select(new.columns)
            extra = sorted(set(new.columns) - set(SCHEMAS[name].names()))
            table = pl.concat([stay, changed]).select(*SCHEMAS[name].names(), *extra).sort(keys)
            write_whole(_table_path(lake, name), table)
    return len(changed), settled


def _known(lake: Path, rows: pl.DataFrame) -> pl.DataFrame:
    # Ids first, alone: mostly nothing is known, and then the wide columns of a large lake are never read.
    files, where = [path for _, path in parts(lake)], lake / "events"
    if not files:
        return pl.DataFrame(schema=SCHEMAS["events"])
    held = _readable(scan(files).select("event_id"), where)
    if held.join(rows, on="event_id", how="semi").is_empty():
        return pl.DataFrame(schema=SCHEMAS["events"])
    return _readable(scan(files).join(rows.lazy().select("event_id"), on="event_id", how="semi"), where)


def scan(files: Sequence[Path]) -> pl.LazyFrame:
    """The events of these parts under the ids they came under; parts from before a column was thought of say nothing in it."""
    return pl.scan_parquet(
        list(files), hive_partitioning=False, glob=False, schema=SCHEMAS["events"], missing_columns="insert"
    )


def _readable(frame: pl.LazyFrame, where: Path) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        said = str(error).splitlines()[0]
        raise DataError(f"{where}: is damaged ({said}); {REINGEST}") from None


def _table_path(lake: Path, name: str) -> Path:
    return lake / f"{name}.parquet"
