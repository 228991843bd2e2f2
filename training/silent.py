"""Rows that say nothing, of people about whom nothing stands any more: all they bought was taken back, or their answers went.

The latest row of a person is what joins in time, plans and the online store read, so without one of these an older row would go
on speaking for them, and a purchase that was pushed online and voided before the first snapshot would stay.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from training.rhythm import HOURS

_ANSWERED = "user_responses"
_BOUGHT = ("user_profile", "user_portrait", "user_history", "user_rhythm", "user_visits")


def with_silent(
    frames: dict[str, pl.DataFrame], events: pl.LazyFrame, folder: Path, at: datetime
) -> dict[str, pl.DataFrame]:
    """The same views of users, as known at `at`; those made of purchases with a row for everybody of whom `events` (before it)
    hold one, `user_responses` for everybody whose newest row until then, in the files of `folder`, says something.
    """
    own = events.filter((pl.col.event_type == "purchase") & pl.col.user_id.is_not_null())
    buyers = own.select("user_id").unique().collect()["user_id"]
    users = {**dict.fromkeys(_BOUGHT, buyers), _ANSWERED: _answered(folder, at)}
    return {view: _completed(frame, users[view]) if view in users else frame for view, frame in frames.items()}


def _completed(frame: pl.DataFrame, users: pl.Series) -> pl.DataFrame:
    silent = pl.DataFrame({"user_id": users}, {"user_id": pl.String}).join(frame, on="user_id", how="anti")
    if silent.is_empty():
        return frame
    nothing = [_nothing(name, kind).alias(name) for name, kind in frame.schema.items() if name != "user_id"]
    return pl.concat([frame, silent.with_columns(nothing).select(frame.columns)]).sort("user_id")


def _nothing(name: str, kind: pl.DataType) -> pl.Expr:
    """No list entries (but a week of hours has them all), counts and money of 0, nothing else."""
    if isinstance(kind, pl.List):
        return pl.lit([0.0] * HOURS if name == "hour_of_week" else [], dtype=kind)
    return pl.lit(0 if name.startswith("n_") or name.endswith("_cents") else None, dtype=kind)


def _answered(folder: Path, at: datetime) -> pl.Series:
    path = folder / f"{_ANSWERED}.parquet"
    if not path.exists():
        return pl.Series(dtype=pl.String)
    rows = pl.scan_parquet(path, glob=False, hive_partitioning=False).filter(pl.col.event_timestamp <= at)
    # One of this very moment is about to be replaced, be it silent already: online it may still speak.
    says = (pl.col.product_ids.list.len() > 0) | (pl.col.event_timestamp == at)
    newest = rows.sort("event_timestamp").group_by("user_id").agg(says.last().alias("says"))
    return newest.filter("says").collect()["user_id"]
