"""The lake's table of answered offers, `answers.parquet`: what the ledger says of them, and who came, as known at a moment.

The ledger's rows are derived whole from it, again and again, and hold the redemption. That a user came is read from the sales
known at the moment asked about, so late tills, refunds and voids count as they do in the views of visits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from training.parts import DataError, check_whole

FILE = "answers.parquet"
SCHEMA = pl.Schema(
    {
        "user_id": pl.String(),
        "product_id": pl.String(),
        "day": pl.Date(),
        "hour": pl.Int64(),
        **dict.fromkeys(("share", "p_buy", "p_come", "fit"), pl.Float64()),
        "redeemed": pl.Boolean(),
        "reversed_at": pl.Datetime("us", "UTC"),
        "answered_at": pl.Datetime("us", "UTC"),
    }
)
"""Columns as `offers.answered_offers.AnsweredOffer` has them."""
# It writes the table anew and reads nothing of the old one.
_REMEDY = "run `daypart features`"


def write_answers(lake: Path, batches: Iterable[pl.DataFrame]) -> int:
    """Replace the table by the rows of `batches` (columns of SCHEMA), a batch in memory at a time; how many rows.

    The file is there whole or as it was, whatever interrupts. One writer at a time: call it under a lock. DataError when the
    lake can't be written.
    """
    path, n = lake / FILE, 0
    beside = path.with_name(f".{FILE}.tmp")
    try:
        lake.mkdir(parents=True, exist_ok=True)
        schema = pl.DataFrame(schema=SCHEMA).to_arrow().schema
        with beside.open("wb") as handle:
            with pq.ParquetWriter(handle, schema, compression="zstd", compression_level=1) as writer:
                for batch in batches:
                    writer.write_table(batch.select(SCHEMA.names()).to_arrow().cast(schema))
                    n += len(batch)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    except (OSError, pa.ArrowException) as error:
        said = " ".join(str(error).split())
        raise DataError(f"{path}: cannot be written ({said}); free disk space or mend its rights") from None
    finally:
        beside.unlink(missing_ok=True)
    return n


def read_answers(lake: Path) -> pl.DataFrame:
    """The table, empty where there is none. DataError when it is damaged."""
    path = lake / FILE
    if not path.exists():
        return pl.DataFrame(schema=SCHEMA)
    check_whole(path, _REMEDY)
    try:
        return pl.read_parquet(path, glob=False).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except (pl.exceptions.PolarsError, OSError) as error:
        said = str(error).splitlines()[0]
        raise DataError(f"{path}: is damaged ({said}); {_REMEDY}") from None


def known_answers(answers: pl.DataFrame, bought: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Answers given before `at` (aware), oldest first, ties by day, hour and product: SCHEMA with `bought` and `came` in place of
    what they are made of.

    bought: `training.sales` of events before `at`. A coupon given back after `at` is bought as far as is known; who bought has
    come, be it that the till told nobody whose purchase it was.
    """
    days = bought.filter(pl.col.user_id.is_not_null()).select(pl.col.user_id.cast(pl.String), "day").unique()
    known = answers.filter(pl.col.answered_at < at).join(
        days.with_columns(seen=pl.lit(True)), on=["user_id", "day"], how="left", maintain_order="left"
    )
    stands = pl.col.redeemed & (pl.col.reversed_at.is_null() | (pl.col.reversed_at >= at))
    return (
        known.with_columns(bought=stands, came=stands | pl.col.seen.fill_null(False))
        .drop("redeemed", "reversed_at", "seen")
        .sort("answered_at", "user_id", "day", "hour", "product_id", maintain_order=True)
    )
