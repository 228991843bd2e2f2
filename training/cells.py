"""One column of cells, raw, into lake values and faults.

Every reader first asks, over the whole column at once, which cells are surely good; only the others are looked at closely.
An empty cell is null and no fault here: whether a row may lack it is judged in `training.validate`.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from polars.expr.whenthen import ChainedThen

from feature_repo.events import MAX_ID_LENGTH
from people.spelling import NULL_WORDS, unseen
from training.faults import found, no_faults
from training.shapes import TYPES
from training.times import in_utc, read_times, why_no_time, within_calendar

MAX_TEXT_LENGTH = 1_000
_PLAIN_ID = rf"^[!-~]{{1,{MAX_ID_LENGTH}}}$"
_PLAIN_TEXT = r"^[!-~]([ -~]{0,98}[!-~])?$"
# Joiners and direction marks belong to some scripts and to emoji; in a name they may stand.
_INVISIBLE_IN_TEXT = r"[\p{Cc}\x{2028}\x{2029}]"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_VALUE = pl.col("value")
_PADDED = pl.when(_VALUE.str.strip_chars() != _VALUE).then(pl.lit("padded"))


@dataclass(frozen=True)
class Cells:
    """`values`: in lake type, null where the cell is empty or at fault. `faults`: as `training.faults.FAULTS`."""

    values: pl.Series
    faults: pl.DataFrame


def read_id(rows: pl.Series, raw: pl.Series) -> Cells:
    """Ids as they stand, in Unicode's one form. Not trimmed and not repaired: a guess could make two people one, or one two."""
    text = as_text(raw)
    good = text.str.contains(_PLAIN_ID) & ~text.is_in(list(NULL_WORDS))
    named = _words_fault(unseen(), MAX_ID_LENGTH).when(_VALUE.is_in(list(NULL_WORDS))).then(pl.lit("null_word"))
    # As `feature_repo.events.in_one_form` does at the other doors.
    return _judge(rows, text, good, named, text if good.all() else text.str.normalize("NFC"))


def read_word(rows: pl.Series, raw: pl.Series, only: frozenset[str]) -> Cells:
    """Words of a closed list."""
    text = as_text(raw)
    named = _words_fault(unseen(), MAX_TEXT_LENGTH).otherwise(pl.lit("unknown_value"))
    return _judge(rows, text, text.is_in(list(only)), named, text)


def read_text(rows: pl.Series, raw: pl.Series) -> Cells:
    """Words for people: spaces around are cut off."""
    text = as_text(raw).str.strip_chars()
    named = _words_fault(_INVISIBLE_IN_TEXT, MAX_TEXT_LENGTH).otherwise(None)
    return _judge(rows, text, text.str.contains(_PLAIN_TEXT), named, text)


def read_clock(rows: pl.Series, raw: pl.Series, last: str) -> Cells:
    """Times of day as HH:MM, from 00:00 to 23:59, and `last`."""
    text = as_text(raw)
    return _judge(rows, text, text.str.contains(_CLOCK) | (text == last), pl.lit("not_a_time"), text)


def read_number(rows: pl.Series, raw: pl.Series, kind: str, low: float, high: float) -> Cells:
    """Whole numbers (`kind` "int") or decimals ("float") from `low` to `high`, both included.

    Text of a whole number has no decimal point: `350.0` is refused. A float column of parquet may hold whole numbers.
    """
    given = raw if raw.dtype.is_numeric() else as_text(raw)
    values = given.cast(TYPES[kind], strict=False)
    if kind == "int" and (given.dtype.is_float() or given.dtype.is_decimal()):
        values = values.clone().scatter((given.cast(pl.Float64) != values.cast(pl.Float64)).arg_true(), None)
    number = _VALUE.cast(pl.Float64, strict=False)
    whole = pl.lit(kind == "int")
    named = (
        _PADDED.when(~_VALUE.str.contains(_NUMBER) | ~number.is_finite())
        .then(pl.lit("not_a_number"))
        .when(whole & (number != number.round()))
        .then(pl.lit("not_an_integer"))
        .when((number < 0) & pl.lit(low >= 0))
        .then(pl.lit("negative"))
        .when(~number.is_between(low, high))
        .then(pl.lit("out_of_range"))
        .otherwise(pl.lit("not_an_integer"))
    )
    good = values.is_between(low, high).fill_null(False) | given.is_null()
    return _judge(rows, given, good, named, values)


def read_time(rows: pl.Series, raw: pl.Series, low: pl.Expr, high: pl.Expr) -> Cells:
    """Moments in UTC from `low` to `high`, both included. Timestamps without a zone are UTC; text must state its offset."""
    if isinstance(raw.dtype, pl.Datetime):
        raw = within_calendar(raw)
        values = in_utc(raw)
    else:
        raw = as_text(raw)
        values = read_times(raw)
    inside = pl.DataFrame({"at": values}).select(pl.col("at").is_between(low, high).fill_null(False))["at"]
    named = _PADDED.when(pl.col("readable")).then(pl.lit("out_of_range")).otherwise(why_no_time())
    return _judge(rows, raw, inside | raw.is_null(), named, values)


def as_text(raw: pl.Series) -> pl.Series:
    """Cells as text. Whole floats lose their `.0`: pandas turns whole-number ids with gaps into floats."""
    if raw.dtype == pl.String:
        return raw
    if raw.dtype == pl.Binary:
        texts = [None if cell is None else cell.decode("utf-8", "replace") for cell in raw]
        return pl.Series(raw.name, texts, dtype=pl.String)
    text = raw.cast(pl.String)
    return text.str.replace(r"^(-?[0-9]+)\.0$", "$1") if raw.dtype.is_float() else text


def _words_fault(invisible: str, longest: int) -> ChainedThen:
    return (
        # U+FFFD stands where bytes were no UTF-8: the text is lost, not merely odd.
        pl.when(_VALUE.str.contains("\ufffd", literal=True))
        .then(pl.lit("bad_encoding"))
        .when(_VALUE.str.contains(invisible))
        .then(pl.lit("control_character"))
        .when(_VALUE.str.strip_chars() != _VALUE)
        .then(pl.lit("padded"))
        .when(pl.max_horizontal(_VALUE.str.len_chars(), _VALUE.str.normalize("NFC").str.len_chars()) > longest)
        .then(pl.lit("too_long"))
    )


def _judge(rows: pl.Series, raw: pl.Series, good: pl.Series, named: pl.Expr, values: pl.Series) -> Cells:
    """Look closely at the cells that are not surely `good`; `named` gives the reason over `value`, null for none after all."""
    odd = (~good).fill_null(False)
    if not odd.any():
        return Cells(values, no_faults())
    cells = pl.DataFrame(
        {"row": rows.filter(odd), "value": as_text(raw.filter(odd)), "readable": values.filter(odd).is_not_null()}
    )
    blank = _VALUE.str.strip_chars() == ""
    cells = cells.select("row", "value", blank.alias("blank"), pl.when(~blank).then(named).alias("reason"))
    emptied = cells["blank"] | cells["reason"].is_not_null()
    values = values.clone().scatter(odd.arg_true().filter(emptied), None)
    faulty = cells.filter(pl.col("reason").is_not_null())
    return Cells(values, found(faulty["row"], raw.name, faulty["reason"], faulty["value"]))
