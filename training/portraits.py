"""What is told of a user to a person who asks, beyond what recommendations read: the view `user_portrait`.

`r_score`, `f_score`, `m_score`: `training.rfm`. `gap_days`: the gap between visits that their lifecycle measures silence by
(`training.profiles`). `first_at_s`: the moment of their first purchase that stands, whole seconds since 1970 UTC.
`favourite_weekday` (0 is Monday) and `favourite_hour` (0 to 23): where most of their orders lie on the store's clock, counted as
in `training.rhythm`, ties to the earlier; `weekday_share` and `hour_share`: the share of their orders that lie there.
The rest: `training.price_sensitivity` and `training.taste`.
"""

from __future__ import annotations

import polars as pl

from training import price_sensitivity, taste
from training.price_sensitivity import price_habits
from training.sales import order_key
from training.taste import tastes

_WHO: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "r_score": pl.Int64(),
    "f_score": pl.Int64(),
    "m_score": pl.Int64(),
    "gap_days": pl.Float32(),
    "first_at_s": pl.Int64(),
    "favourite_weekday": pl.Int64(),
    "weekday_share": pl.Float32(),
    "favourite_hour": pl.Int64(),
    "hour_share": pl.Float32(),
}
SCHEMA = {**_WHO, **taste.SCHEMA, **price_sensitivity.SCHEMA}


def portraits(who: pl.DataFrame, events: pl.LazyFrame, bought: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`, one row per user with a purchase that stands, sorted by user.

    who: `training.profiles.customers`. events: purchases at least. bought: what `training.sales.sales` leaves of them. products:
    product_id, category.
    """
    own = bought.filter(pl.col.user_id.is_not_null())
    first = own.group_by("user_id").agg(first_at_s=pl.col.occurred_at.min().dt.epoch("s"))
    orders = own.select("user_id", order_key().alias("order"), "hour_of_week").unique()
    hour_of_week = pl.col.hour_of_week.cast(pl.Int64)
    frame = who.join(first, on="user_id", how="left")
    for column, name, share in (
        (hour_of_week // 24, "favourite_weekday", "weekday_share"),
        (hour_of_week % 24, "favourite_hour", "hour_share"),
    ):
        frame = frame.join(_most(orders.with_columns(column.alias(name)), name, share), on="user_id", how="left")
    for more in (tastes(bought, products), price_habits(events, bought, products)):
        frame = frame.join(more, on="user_id", how="left")
    return frame.sort("user_id").select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _most(orders: pl.DataFrame, name: str, share: str) -> pl.DataFrame:
    """The value of a column with most rows per user, ties to the lower, and the share of rows that have it."""
    counts = orders.group_by("user_id", name).agg(n=pl.len())
    counts = counts.with_columns((pl.col.n / pl.col.n.sum().over("user_id")).alias(share))
    best = counts.sort("user_id", "n", name, descending=[False, True, False])
    return best.group_by("user_id", maintain_order=True).first().select("user_id", name, share)
