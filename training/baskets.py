"""Anybody's baskets, for evaluation: events as in WIRE.md, but prices, stores, orders and times of day may be missing.

Times that only order are taken as they stand: a text or column without an offset is UTC, a date is its midnight, and whole
numbers below 100,000 are day numbers. A row without a product or a readable time is skipped and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from training.csv_records import read_csv
from training.errors import TrainingError
from training.repeats import ROW
from training.times import read_times

_OPTIONAL = ("event_id", "event_type", "store_id", "order_id")
_MOST_DAYS = 100_000


def read_events_file(path: Path) -> tuple[pl.DataFrame, int]:
    """(events, rows skipped): user_id (null is anonymous), product_id, occurred_at (aware), and optional columns if there."""
    cells, n_broken = _cells(path, ("user_id", "product_id", "occurred_at"))
    columns = [_text(cells, name) for name in ("user_id", "product_id", *_OPTIONAL) if name in cells.columns]
    if "quantity" in cells.columns:
        columns.append(cells["quantity"].cast(pl.Float64, strict=False).cast(pl.Int64, strict=False))
    events = pl.DataFrame([*columns, _moments(path, cells["occurred_at"])])
    whole = events.drop_nulls(["product_id", "occurred_at"])
    if whole.is_empty():
        raise TrainingError(
            f"{path}: none of its {len(events)} rows has a product_id and a readable occurred_at; mend them"
        )
    return whole, n_broken + len(events) - len(whole)


def read_targets_file(path: Path) -> tuple[pl.DataFrame, int, int]:
    """(targets, rows skipped, rows repeated): user_id and product_id, distinct, sorted."""
    cells, n_broken = _cells(path, ("user_id", "product_id"))
    rows = pl.DataFrame([_text(cells, "user_id"), _text(cells, "product_id")])
    whole = rows.drop_nulls()
    distinct = whole.unique().sort("user_id", "product_id")
    if distinct.is_empty():
        raise TrainingError(f"{path}: holds no row with a user_id and a product_id; there is nothing to score")
    return distinct, n_broken + len(rows) - len(whole), len(whole) - len(distinct)


def _cells(path: Path, required: Sequence[str]) -> tuple[pl.DataFrame, int]:
    if not path.is_file():
        raise TrainingError(f"{path}: no such file; give a .parquet, .csv or .csv.gz file")
    if path.name.lower().endswith((".csv", ".csv.gz")):
        cells, faults = read_csv(path)
        cells, n_broken = cells.drop(ROW), faults["row"].n_unique()
    elif path.suffix.lower() == ".parquet":
        try:
            cells, n_broken = pl.read_parquet(path, glob=False, hive_partitioning=False), 0
        except (pl.exceptions.PolarsError, OSError) as error:
            raise TrainingError(
                f"{path}: cannot be read as parquet ({str(error).splitlines()[0]}); write it again"
            ) from None
    else:
        raise TrainingError(f"{path}: unknown ending; give a .parquet, .csv or .csv.gz file")
    lacking = [name for name in required if name not in cells.columns]
    if lacking:
        have = ", ".join(cells.columns[:20]) or "none"
        raise TrainingError(f"{path}: lacks the column {', '.join(lacking)}; it has: {have}")
    return cells, n_broken


def _text(cells: pl.DataFrame, name: str) -> pl.Series:
    column = cells[name]
    # Ids that went through a float (a table with gaps) are whole numbers still.
    if column.dtype.is_float() and (column.drop_nulls() == column.drop_nulls().round()).all():
        column = column.cast(pl.Int64)
    texts = column.cast(pl.String).str.strip_chars()
    return texts.set(texts == "", None).alias(name)


def _moments(path: Path, column: pl.Series) -> pl.Series:
    """Datetime('us', zone), null where there is no time to read."""
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        times = column.cast(pl.Datetime("us", kind.time_zone))
        return times if kind.time_zone else times.dt.replace_time_zone("UTC")
    if kind == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if kind.is_integer():
        if not column.drop_nulls().is_between(0, _MOST_DAYS, closed="left").all():
            raise TrainingError(
                f"{path}: occurred_at holds numbers that are no day numbers (0 to {_MOST_DAYS - 1}); write times as RFC 3339 text"
            )
        return column.cast(pl.Int32).cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if kind != pl.String:
        raise TrainingError(f"{path}: occurred_at is of type {kind}; write times as RFC 3339 text, or dates")
    texts = column.str.strip_chars()
    aware = read_times(texts).rename("occurred_at")
    local = texts.str.replace("T", " ")
    naive = local.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    day = local.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    guess = pl.DataFrame({"a": aware, "n": naive.dt.replace_time_zone("UTC"), "d": day.dt.replace_time_zone("UTC")})
    return guess.select(pl.coalesce("a", "n", "d").alias("occurred_at"))["occurred_at"]
