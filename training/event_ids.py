"""An id for events that came without one: the hash of what the row says.

`row-` and the hexadecimal MD5 of the row's other columns in the order of `EVENT_COLUMNS`, as UTF-8 text between unit separators
(0x1F): times as microseconds since 1970, numbers in decimal, nothing for null. `rating`, which came later, is only said (and its
separator with it) where it is not null, so rows of before keep their ids. The same row has the same id from CSV and from
parquet, on any machine. So two rows alike in every column are one event: give lines that may repeat an id of their own.
"""

from __future__ import annotations

import duckdb
import polars as pl

from training.shapes import SCHEMAS

PREFIX = "row-"


def with_event_ids(events: pl.DataFrame) -> pl.DataFrame:
    """Fill the nulls of `event_id`. events: at least the columns of `EVENT_COLUMNS`, in lake types."""
    nameless = events["event_id"].is_null()
    if not nameless.any():
        return events
    ids = PREFIX + content_hashes(events.filter(nameless))
    return events.with_columns(events["event_id"].clone().scatter(nameless.arg_true(), ids).alias("event_id"))


def content_hashes(events: pl.DataFrame) -> pl.Series:
    """Hexadecimal MD5 of what each row says but for its `event_id`. events: as above."""
    said = [_said(name) for name in SCHEMAS["events"] if name not in ("event_id", "rating")]
    rated = pl.concat_str(pl.lit("\x1f"), pl.col.rating.cast(pl.String)).fill_null("")
    return md5(events.select((pl.concat_str(said, separator="\x1f") + rated).alias("line"))["line"])


def md5(texts: pl.Series) -> pl.Series:
    """Hexadecimal MD5 of each text's UTF-8."""
    lines = texts.to_frame("line")
    with duckdb.connect() as connection:
        connection.register("lines", lines.to_arrow())
        hashes = connection.sql("SELECT md5(line) AS hash FROM lines").to_arrow_table()
    return pl.Series("event_id", hashes["hash"], dtype=pl.String)


def _said(name: str) -> pl.Expr:
    column = pl.col(name).dt.epoch("us") if SCHEMAS["events"][name] == pl.Datetime else pl.col(name)
    return column.cast(pl.String).fill_null("")
