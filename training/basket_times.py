"""Times as anybody writes them: moments, dates, or numbers and texts that only order."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from training.errors import TrainingError
from training.times import read_times

_MOST_DAYS = 100_000
_FIRST, _END = date(1800, 1, 1), date(2300, 1, 1)
_NUMBER = r"^[+-]?[0-9]+(\.0*)?$"
_LOCAL = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")


def moments(path: Path, column: pl.Series) -> pl.Series:
    """`occurred_at`, Datetime('us', zone): null where there is no time to read, or one before 1800 or from 2300 on.

    Aware times keep their zone. A time without an offset is UTC, a date its midnight, a whole number below 100,000 the number of
    a day; texts may be any of these, but numbers only where no text of the column is a date. TrainingError for other types.
    """
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        times = column.cast(pl.Datetime("us", kind.time_zone))
        return _sane(times if kind.time_zone else times.dt.replace_time_zone("UTC"))
    if kind == pl.Date:
        return _sane(column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    if kind.is_numeric():
        return _days(path, column)
    if kind == pl.Null:
        return column.cast(pl.Datetime("us", "UTC"))
    if kind != pl.String:
        raise TrainingError(
            f"{path}: occurred_at is of type {kind}; write times as RFC 3339 text, dates or day numbers"
        )
    texts = column.str.strip_chars()
    times = _texts(texts)
    numbers = texts.str.contains(_NUMBER).fill_null(False)
    if times.null_count() == len(times) and numbers.any():
        return _days(path, texts.set(~numbers, None).str.extract(r"^([+-]?[0-9]+)", 1).cast(pl.Int64, strict=False))
    return _sane(times)


def _texts(texts: pl.Series) -> pl.Series:
    local = texts.str.replace("T", " ")
    naive = [local.str.to_datetime(form, time_unit="us", strict=False) for form in _LOCAL]
    day = local.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    guesses = [read_times(texts), *(guess.dt.replace_time_zone("UTC") for guess in (*naive, day))]
    return pl.select(pl.coalesce(guesses).alias("occurred_at"))["occurred_at"]


def _days(path: Path, column: pl.Series) -> pl.Series:
    told = column.fill_nan(None) if column.dtype.is_float() else column
    whole = told.drop_nulls()
    if not (whole.is_between(0, _MOST_DAYS, closed="left") & (whole == whole.floor())).all():
        raise TrainingError(
            f"{path}: occurred_at holds numbers that are no day numbers (0 to {_MOST_DAYS - 1}); write times as RFC 3339 text"
        )
    return told.cast(pl.Int32).cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").rename("occurred_at")


def _sane(times: pl.Series) -> pl.Series:
    sane = times.dt.date().is_between(_FIRST, _END, closed="left")
    return times.set(~sane.fill_null(True), None).rename("occurred_at")
