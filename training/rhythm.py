"""When a user buys: orders counted in the 168 hours of the local week of the store, Monday 00:00 first.

The hour is that of the store's own clock, daylight saving included; an order without a store, or in one whose zone is
not known, counts by UTC (`training.sales` reckons it).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from training.sales import order_key

HOURS = 168
SCHEMA: dict[str, Any] = {"user_id": pl.String, "hour_of_week": pl.List(pl.Float32)}


def rhythms(bought: pl.DataFrame) -> pl.DataFrame:
    """One row per user of `bought` (as `training.sales.sales` returns it), sorted: user_id, hour_of_week float32[168].

    An order counts once however many lines it has; lines without an order id count once a day and hour.
    """
    own = bought.filter(pl.col.user_id.is_not_null())
    orders = own.select("user_id", order_key().alias("order"), "hour_of_week").unique()
    users = orders["user_id"].unique().sort()
    rows = users.search_sorted(orders["user_id"]).to_numpy().astype(np.int64)
    cells = rows * HOURS + orders["hour_of_week"].to_numpy()
    counts = np.bincount(cells, minlength=len(users) * HOURS).astype(np.float32)
    weeks: Any = pl.Series(counts).reshape((len(users), HOURS)).arr.to_list() if len(users) else []
    return pl.DataFrame({"user_id": users, "hour_of_week": weeks}, schema=SCHEMA)
