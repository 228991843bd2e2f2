"""Anybody's baskets, for evaluation: events as in WIRE.md, but prices, stores, orders and times of day may be missing.

Times that only order are taken as they stand (`training.basket_times`), ids may be text or numbers. A row without a product or a
readable time is skipped and counted; a purchase of a negative quantity is a refund of as much; a quantity that is missing, 0 or
no number is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from feature_repo.events import MAX_QUANTITY
from training.basket_times import moments
from training.bulk import listed
from training.csv_records import read_csv
from training.errors import TrainingError
from training.parquet_columns import parquet_schema, read_parquet
from training.repeats import ROW

_OPTIONAL = ("event_id", "event_type", "store_id", "order_id")
_READ = ("user_id", "product_id", "occurred_at", "quantity", *_OPTIONAL)
_FLAT = "write ids as text or whole numbers, one a row"
_GAPPED = r"^[+-]?[0-9]+\.0$"


@dataclass(frozen=True)
class EventsFile:
    """rows: user_id (null is anonymous), product_id, occurred_at (aware), and optional columns if there; in the file's order.

    n_skipped: rows that are not among them. n_quantities: rows whose quantity was given but is 0 or no number, now 1.
    """

    rows: pl.DataFrame
    n_skipped: int
    n_quantities: int


def events_file(path: Path) -> EventsFile:
    """Read a .parquet, .csv or .csv.gz file of events. TrainingError or DataError when it cannot be used."""
    cells, n_broken = _cells(path, ("user_id", "product_id", "occurred_at"))
    names = [name for name in ("user_id", "product_id", *_OPTIONAL) if name in cells.columns]
    events = pl.DataFrame([*(_text(path, cells, name) for name in names), moments(path, cells["occurred_at"])])
    n_quantities = 0
    if "quantity" in cells.columns:
        events, n_quantities = _with_quantity(events, cells["quantity"])
    whole = events.drop_nulls(["product_id", "occurred_at"])
    if whole.is_empty():
        times = cells["occurred_at"].drop_nulls()
        told = f" (its first time is {str(times[0])[:40]!r})" if len(times) else ""
        raise TrainingError(
            f"{path}: none of its {len(events)} rows has a product_id and a readable occurred_at{told}; mend them: times as "
            "RFC 3339 text, dates as 2025-01-31, or day numbers"
        )
    return EventsFile(whole, n_broken + len(events) - len(whole), n_quantities)


def read_events_file(path: Path) -> tuple[pl.DataFrame, int]:
    """`rows` and `n_skipped` of `events_file`."""
    file = events_file(path)
    return file.rows, file.n_skipped


def read_targets_file(path: Path) -> tuple[pl.DataFrame, int, int]:
    """(targets, rows skipped, rows repeated): user_id and product_id, distinct, sorted."""
    cells, n_broken = _cells(path, ("user_id", "product_id"))
    rows = pl.DataFrame([_text(path, cells, "user_id"), _text(path, cells, "product_id")])
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
        schema = cells.schema
    elif path.suffix.lower() == ".parquet":
        schema = parquet_schema(path)
        wanted = [name for name in schema if name in _READ]
        _check_flat(path, {name: schema[name] for name in wanted})
        cells, n_broken = read_parquet(path, wanted).drop(ROW), 0
    else:
        raise TrainingError(f"{path}: unknown ending; give a .parquet, .csv or .csv.gz file")
    lacking = [name for name in required if name not in schema]
    if lacking:
        have = listed([*schema])
        raise TrainingError(f"{path}: lacks the column {', '.join(lacking)}; it has: {have}")
    return cells, n_broken


def _check_flat(path: Path, kinds: Mapping[str, pl.DataType]) -> None:
    for name, kind in kinds.items():
        if kind.is_nested():
            raise TrainingError(
                f"{path}: {name} is of type {kind}; {_FLAT if name.endswith('_id') else 'write one a row'}"
            )


def _text(path: Path, cells: pl.DataFrame, name: str) -> pl.Series:
    column = cells[name]
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise TrainingError(f"{path}: {name} is of type {column.dtype}; {_FLAT}")
    texts = column.cast(pl.String)
    # Ids that went through a float (a table with gaps) are whole numbers still, in a parquet as in a CSV.
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        texts = whole.cast(pl.String).zip_with((whole == column).fill_null(False), texts)
        texts = texts.set(column.is_nan().fill_null(False), None)
    texts = texts.str.strip_chars()
    texts = texts.set(texts == "", None).alias(name)
    gapped = column.dtype == pl.String and texts.str.contains(_GAPPED).fill_null(True).all()
    return texts.str.strip_suffix(".0") if gapped else texts


def _with_quantity(events: pl.DataFrame, given: pl.Series) -> tuple[pl.DataFrame, int]:
    """Whole pieces from 1 on, parts of one rounded up (a weight is bought once); below 0 the row becomes a refund."""
    number = pl.repeat(None, len(given), dtype=pl.Float64, eager=True)
    if not given.dtype.is_nested():
        number = given.cast(pl.Float64, strict=False)
    number = number.set(~number.is_finite().fill_null(True) | (number == 0), None)
    events = events.with_columns(number.abs().ceil().clip(1, MAX_QUANTITY).cast(pl.Int64).alias("quantity"))
    back = (number < 0).fill_null(False)
    if back.any():
        kind = events["event_type"] if "event_type" in events.columns else pl.Series([None], dtype=pl.String)
        kind = kind.extend_constant(None, len(events) - len(kind)).fill_null("purchase")
        refunds = pl.repeat("refund", len(events), eager=True)
        events = events.with_columns(refunds.zip_with(back & (kind == "purchase"), kind).alias("event_type"))
    return events, int((given.is_not_null() & number.is_null()).sum())
