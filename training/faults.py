"""Faults of input rows: what each reason means to the person who must mend it, and the frame in which they are kept."""

from __future__ import annotations

import polars as pl

FAULTS = pl.Schema({"row": pl.UInt32, "column": pl.String, "reason": pl.String, "value": pl.String})
"""row counts data rows from 1 after the header; column is empty when the whole row is at fault; value is the cell as text."""

REMEDIES = {
    "missing": "fill the cell in; this type of row needs it",
    "not_a_number": "write a plain decimal number, such as 350",
    "not_an_integer": "write a whole number without decimals; prices are in cents",
    "negative": "write a number that is not negative; what is given back is an event of its own, refund or void",
    "out_of_range": "write a value inside the limits; a time lies after 1989 and not in the future, a quantity from 1 on",
    "naive_time": "add the offset from UTC: 2025-01-31T08:00:00-05:00 or 2025-01-31T13:00:00Z",
    "impossible_date": "this day, hour, second or offset does not exist; correct it",
    "not_a_time": "write a time as RFC 3339 text with an offset, 2025-01-31T13:00:00Z, or opening hours as 08:00",
    "unknown_store": "ingest the store with --stores first, or correct the id",
    "unknown_product": "ingest the product with --products first, or correct the id",
    "unknown_value": "write one of the listed values, in lower case; a timezone is an IANA name such as America/New_York, "
    "closed days are weekdays and dates with one space between: sunday 2026-12-25",
    "control_character": "remove the invisible characters",
    "bad_encoding": "save the file as UTF-8; this text was lost on the way",
    "padded": "remove the spaces around the value",
    "bad_identity": "write app:, card:, phone: or mail: and what it is, in full; a phone with + and its country code; "
    "receipt:store/order",
    "erased": "nothing to do: who this is about asked to be forgotten",
    "two_receipts": "a receipt can't claim a receipt; name whose it is",
    "personal_data": "leave it out; who somebody is belongs into user_id, as mail:, phone: or card: and what it is",
    "null_word": "leave the cell empty when nothing is known",
    "too_long": "shorten the text",
    "discount_above_price": "the discount of a line cannot exceed quantity times unit price",
    "conflicting_duplicate": "this id stands already with other content; give the event its own id, or drop the row",
    "wrong_column_count": "the row has more or fewer cells than the header; quote cells that hold commas",
    "broken_quote": "a quotation mark opens and is not closed; double the marks inside a cell, or remove them",
}


def no_faults() -> pl.DataFrame:
    """An empty frame of faults."""
    return pl.DataFrame(schema=FAULTS)


def found(rows: pl.Series, column: str, reason: str | pl.Series, values: pl.Series | None = None) -> pl.DataFrame:
    """Faults of one column: row numbers, one reason or one per row, and the cells as text where there are any."""
    reasons = pl.lit(reason) if isinstance(reason, str) else reason.alias("reason")
    told = pl.lit(None, pl.String) if values is None else values.cast(pl.String).alias("value")
    frame = pl.DataFrame({"row": rows.cast(pl.UInt32)})
    return frame.select("row", pl.lit(column).alias("column"), reasons.alias("reason"), told.alias("value"))
