"""Sales as habits are read from them: a day on which an offer was answered counts as it was foretold, not as it went.

A coupon makes people come who would have stayed, and who come anyway use it. Read as habits, such days would let whoever answers
offers look like one who needs none. Whether they would have come without it can't be seen, so it is drawn, with the chance that
the plan foretold of that day (the decision's `p_come`): on average the belief of the day is kept, and the days without an offer,
held-out and exploring ones among them, go on to correct it. The draw is a hash of the user and the day, so a rerun repeats it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

import polars as pl

KEYS = ["user_id", "day"]
_READ = ("user_id", "day", "hour_of_week", "store_id", "occurred_at")


def untouched(lines: pl.DataFrame, answers: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """lines: `training.sales` before `at` (aware), what a log of visits reads of them; answers: `training.answers.read_answers`.

    The user's lines of a day with an answer stay if the day is drawn, one line takes the place of none, and go if it isn't.
    """
    own = lines.filter(pl.col.user_id.is_not_null()).select(pl.col(name) for name in _READ)
    own = own.with_columns(pl.col("user_id", "store_id").cast(pl.String), pl.col.hour_of_week.cast(pl.Int64))
    known = answers.filter(pl.col.answered_at < at).sort("day", "hour").unique(KEYS, keep="first", maintain_order=True)
    if known.is_empty():
        return own
    drawn = [_draw(user, day) < p for user, day, p in known.select(*KEYS, "p_come").iter_rows()]
    known = known.with_columns(comes=pl.Series(drawn, dtype=pl.Boolean))
    kept = own.join(known.filter(~pl.col.comes), on=KEYS, how="anti", maintain_order="left")
    usual = own.sort("occurred_at").group_by("user_id").agg(pl.col.store_id.drop_nulls().last())
    missed = known.filter("comes").join(own, on=KEYS, how="anti").join(usual, on="user_id")
    moment = pl.col.day.cast(pl.Datetime("us", "UTC")) + pl.duration(hours=pl.col.hour)
    added = missed.with_columns(
        hour_of_week=(pl.col.day.dt.weekday().cast(pl.Int64) - 1) * 24 + pl.col.hour, occurred_at=moment
    )
    return pl.concat([kept, added.select(kept.columns).cast(kept.schema)])


def _draw(user_id: str, day: object) -> float:
    digest = hashlib.sha256(f"daypart untouched {day} {user_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
