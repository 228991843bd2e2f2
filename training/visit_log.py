"""Every user's visits in order of time, one a store-local day: what `user_visits` is cut from and When is fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.visits import KEPT, Visits

SCHEMA: dict[str, Any] = {
    "user_id": pl.String,
    "at_s": pl.List(pl.Int64),
    "day": pl.List(pl.Int64),
    "hour": pl.List(pl.Int64),
    "store_ids": pl.List(pl.String),
    "n_visits": pl.Int64,
    "first_day": pl.Int64,
}
"""The view `user_visits`."""


@dataclass(frozen=True)
class VisitLog:
    """One entry a visit, sorted by user and day. users, stores: ids, ascending.

    user, store int64 (rows of them; store -1 for none), day int64 (store-local, since 1970), hour int64 (0 to 23), at_s int64
    (seconds since 1970 UTC): of the day's first basket.
    """

    users: list[str]
    stores: list[str]
    user: NDArray[np.int64]
    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    store: NDArray[np.int64]
    at_s: NDArray[np.int64]

    def before(self, day: int) -> Visits:
        """Row u: what is known of user u when store-local day `day` begins; users not seen yet have no visit."""
        known = self.day < day
        n = len(self.users)
        n_visits = np.bincount(self.user[known], minlength=n)
        first = np.full(n, day, dtype=np.int64)
        np.minimum.at(first, self.user[known], self.day[known])
        back = np.cumsum(n_visits)[self.user[known]] - 1 - np.arange(int(known.sum()))
        kept = np.flatnonzero(known)[back < KEPT]
        indptr = np.concatenate([[0], np.cumsum(np.minimum(n_visits, KEPT))]).astype(np.int64)
        return Visits(indptr, self.day[kept], self.hour[kept], self.store[kept], n_visits.astype(np.int64), first)

    def next_from(self, day: int, until: int) -> NDArray[np.int64]:
        """int64, entries: each user's first visit on day `day` or later and before `until`; by user, none for the rest."""
        ahead = np.flatnonzero((self.day >= day) & (self.day < until))
        return ahead[np.unique(self.user[ahead], return_index=True)[1]]

    def comes(self, day: int, n_days: int) -> NDArray[np.bool_]:
        """bool[users, n_days]: whether each user came on `day`, the day after, …"""
        seen = np.zeros((len(self.users), n_days), dtype=bool)
        inside = (self.day >= day) & (self.day < day + n_days)
        seen[self.user[inside], self.day[inside] - day] = True
        return seen


def visit_log(lines: pl.DataFrame) -> VisitLog:
    """From sales lines (`training.sales`). Anonymous lines are nobody's and left out."""
    own = lines.filter(pl.col.user_id.is_not_null()).select(
        pl.col.user_id.cast(pl.String),
        pl.col.day.cast(pl.Date).to_physical().cast(pl.Int64).alias("day"),
        (pl.col.hour_of_week.cast(pl.Int64) % 24).alias("hour"),
        pl.col.store_id.cast(pl.String),
        pl.col.occurred_at.dt.epoch("s").alias("at_s"),
    )
    visits = own.sort("user_id", "day", "at_s", "store_id").unique(
        ["user_id", "day"], keep="first", maintain_order=True
    )
    users = visits["user_id"].unique().sort()
    stores = own["store_id"].drop_nulls().unique().sort()
    store = visits["store_id"].replace_strict(stores, pl.int_range(len(stores), eager=True), default=-1)
    day, hour, at_s = (visits[name].to_numpy().astype(np.int64) for name in ("day", "hour", "at_s"))
    user = users.search_sorted(visits["user_id"]).to_numpy().astype(np.int64)
    rows = store.cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)
    return VisitLog(users.to_list(), stores.to_list(), user, day, hour, rows, at_s)


def visit_rows(log: VisitLog) -> pl.DataFrame:
    """The columns of `SCHEMA`, one row a user, sorted; lists hold the last `KEPT` visits, oldest first; "": no store."""
    store = pl.Series(["", *log.stores], dtype=pl.String).gather(log.store + 1)
    columns = {"at_s": log.at_s, "day": log.day, "hour": log.hour}
    frame = pl.DataFrame({"user": log.user, **columns, "store_ids": store})
    rows = frame.group_by("user", maintain_order=True).agg(
        *(pl.col(name).tail(KEPT) for name in (*columns, "store_ids")),
        n_visits=pl.len().cast(pl.Int64),
        first_day=pl.col.day.min(),
    )
    return rows.with_columns(user_id=pl.Series(log.users, dtype=pl.String).gather(rows["user"])).select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )
