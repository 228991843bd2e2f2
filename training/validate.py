"""Which rows of an input file are good: every column read, then what a row must have, what it may say, whom it may name."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from feature_repo.events import (
    CHANNELS,
    EARLIEST_UTC,
    EVENT_TYPES,
    MAX_AHEAD,
    MAX_PRICE_CENTS,
    MAX_QUANTITY,
    MAX_RATING,
    REQUIRED,
    Column,
)
from people.secret import References
from training.cells import Cells, read_clock, read_number, read_text, read_time, read_word
from training.closed_days import closed_days_in
from training.faults import found
from training.persons import impersonal, read_person
from training.repeats import ROW
from training.sources import Source

MAX_STOCK = 1_000_000_000
LIMITS: dict[str, tuple[float, float]] = {
    "quantity": (1, MAX_QUANTITY),
    "unit_price_cents": (0, MAX_PRICE_CENTS),
    "discount_cents": (0, MAX_PRICE_CENTS),
    "rating": (1, MAX_RATING),
    "price_cents": (0, MAX_PRICE_CENTS),
    "cost_cents": (0, MAX_PRICE_CENTS),
    "stock_units": (0, MAX_STOCK),
    "latitude": (-90, 90),
    "longitude": (-180, 180),
}
_WORDS = {
    "event_type": frozenset(EVENT_TYPES),
    "channel": frozenset(CHANNELS),
}
_LAST_CLOCK = {"opens": "23:59", "closes": "24:00"}
_PROSE = ("name", "category")


@dataclass(frozen=True)
class Checked:
    """`good`: rows without a fault, `ROW` and the file's known columns in lake types. `faults`: all of every other row."""

    good: pl.DataFrame
    faults: pl.DataFrame


def check(source: Source, known: Mapping[str, pl.Series], now: datetime, references: References) -> Checked:
    """Judge the rows of `source`.

    known: ids that may be named, by column (`product_id`, `store_id`); a column absent from it is not checked. now: an aware
    moment; times may lie ahead of it by `MAX_AHEAD`. references: of the identities in `user_id`. A row with several faults
    has a line for each.
    """
    rows, columns, faults = source.cells[ROW], {}, [source.faults]

    def read(column: Column) -> Cells:
        raw = source.cells[column.name]
        return read_person(rows, raw, references) if column.name == "user_id" else _read(column, rows, raw, now)

    # polars works outside of Python's lock, so columns are read side by side.
    with ThreadPoolExecutor() as pool:
        every = list(zip(source.columns, pool.map(read, source.columns), strict=True))
    for column, cells in every:
        columns[column.name] = cells.values
        missing = _missing(column.name, cells, rows) if column.required else []
        faults += [cells.faults, *missing]
    frame = pl.DataFrame({ROW: rows, **columns})
    bad = _rows_of(faults, rows)
    if "event_type" in columns:
        faults += _lacking(frame)
        faults += _overpriced(frame.filter(~bad))
    faults += [_strangers(frame, name, ids) for name, ids in known.items() if name in columns]
    named = pl.concat(faults)
    good = frame.filter(~_rows_of([named], rows)) if len(named) else frame
    return Checked(
        good, named.unique(["row", "column"], keep="first", maintain_order=True).sort("row", maintain_order=True)
    )


def _read(column: Column, rows: pl.Series, raw: pl.Series, now: datetime) -> Cells:
    if column.kind == "time":
        return read_time(rows, raw, pl.lit(EARLIEST_UTC), pl.lit(now + MAX_AHEAD))
    if column.name in LIMITS:
        return read_number(rows, raw, column.kind, *LIMITS[column.name])
    if column.name in _WORDS:
        return read_word(rows, raw, _WORDS[column.name])
    if column.name == "timezone":
        return read_word(rows, raw, frozenset(zoneinfo.available_timezones()))
    if column.name in _LAST_CLOCK:
        return read_clock(rows, raw, _LAST_CLOCK[column.name])
    if column.name == "closed_days":
        return read_word(rows, raw, closed_days_in(raw))
    if column.name in _PROSE or column.name.startswith("name_"):
        return read_text(rows, raw)
    return impersonal(rows, raw)


def _missing(name: str, cells: Cells, rows: pl.Series) -> list[pl.DataFrame]:
    empty = cells.values.is_null()
    return [found(rows.filter(empty), name, "missing")] if empty.any() else []


def _lacking(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """What each type of event must have; the type itself may be at fault, and then nothing is known to be missing."""
    lacking = []
    for name in sorted({name for needed in REQUIRED.values() for name in needed}):
        types = [kind for kind, needed in REQUIRED.items() if name in needed]
        empty = pl.col(name).is_null() if name in frame.columns else pl.lit(True)
        rows = frame.filter(pl.col("event_type").is_in(types) & empty)[ROW]
        lacking.append(found(rows, name, "missing"))
    return lacking


def _overpriced(frame: pl.DataFrame) -> list[pl.DataFrame]:
    """Only rows without another fault: a wrong quantity would make any discount look too large."""
    if not {"unit_price_cents", "discount_cents"} <= set(frame.columns):
        return []
    quantity = pl.col("quantity").fill_null(1) if "quantity" in frame.columns else pl.lit(1)
    over = frame.filter(pl.col("discount_cents") > quantity * pl.col("unit_price_cents"))
    return [found(over[ROW], "discount_cents", "discount_above_price", over["discount_cents"])]


def _strangers(frame: pl.DataFrame, name: str, ids: pl.Series) -> pl.DataFrame:
    strange = frame.filter(~pl.col(name).is_in(ids.implode()))
    return found(strange[ROW], name, f"unknown_{name.removesuffix('_id')}", strange[name])


def _rows_of(faults: list[pl.DataFrame], rows: pl.Series) -> pl.Series:
    return rows.is_in(pl.concat(faults)["row"].unique().implode())
