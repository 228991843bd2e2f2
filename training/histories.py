"""Purchases as each person lived them: visits, and per user and product how often and how lately.

A *visit* is one store-local day on which a user bought at least one product: orders of one day merge, and a product counts
once a day however many were bought. Rows without a user are no history; they count towards popularity only (`sales`).
What a refund or void cancels is told in `training.sales`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.history import DECAY, History
from training.sales import sales

_SHAPE = ("user_id", "product_id", "visit", "at_s")


@dataclass(frozen=True)
class Histories:
    """Every user's history in one CSR block; user `u` owns entries `indptr[u]:indptr[u+1]`, sorted by product row.

    users, products: ids, ascending. indptr int64 [n_users+1]. Per entry: rows int32 (into `products`), counts float32 (visits
    with the product), decayed float32 (sum of DECAY**visits_since), last_visit int32 (1-based), last_at_s int64 (unix seconds).
    n_visits int32 [n_users].
    """

    users: list[str]
    products: list[str]
    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.float32]
    decayed: NDArray[np.float32]
    last_visit: NDArray[np.int32]
    last_at_s: NDArray[np.int64]
    n_visits: NDArray[np.int32]

    def of(self, user: int, limit: int | None = None) -> History:
        """History of the user at this index, as the serving core reads it, bounded as `build_histories` bounds it."""
        span = np.arange(self.indptr[user], self.indptr[user + 1])
        if limit is not None and len(span) > limit:
            span = np.sort(span[np.argsort(-self.decayed[span], kind="stable")[:limit]])
        return History(
            product_ids=tuple(self.products[row] for row in self.rows[span]),
            counts=self.counts[span],
            decayed=self.decayed[span],
            last_visit=self.last_visit[span],
            last_at_s=self.last_at_s[span],
            n_visits=int(self.n_visits[user]),
        )

    def numbered(self, products: list[str]) -> Histories:
        """The same, rows counting in `products`: ascending ids that hold all of `self.products`."""
        place = np.searchsorted(np.asarray(products, dtype=str), np.asarray(self.products, dtype=str))
        return replace(self, products=products, rows=place.astype(np.int32)[self.rows])

    @property
    def owner(self) -> NDArray[np.int32]:
        """User index of each entry, int32 [nnz]."""
        return np.repeat(np.arange(len(self.users), dtype=np.int32), np.diff(self.indptr))


def visits(events: pl.LazyFrame, stores: pl.DataFrame | None = None) -> pl.DataFrame:
    """Purchases net of refunds and voids, one row per user, product and visit.

    events: columns of `feature_repo.events`; only `user_id`, `product_id` and `occurred_at` are needed. stores: `store_id` and
    `timezone`; without a store's zone the day is reckoned in the column's own zone (the lake's is UTC).
    Returns user_id, product_id (text), visit (int32, dense from 1 per user), at_s (int64, last purchase of that visit),
    sorted by user, visit, product.
    """
    return visit_rows(sales(events, stores))


def visit_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """`visits`, of sales lines that are at hand already."""
    return (
        lines.filter(pl.col.user_id.is_not_null())
        .group_by("user_id", "product_id", "day")
        .agg(pl.col.occurred_at.dt.epoch("s").max().alias("at_s"))
        .with_columns(pl.col.day.rank("dense").over("user_id").cast(pl.Int32).alias("visit"))
        .select(_SHAPE)
        .sort("user_id", "visit", "product_id")
    )


def build_histories(purchases: pl.DataFrame, limit: int | None = None) -> Histories:
    """Fold visit rows (as `visits` returns them) into per-user histories.

    A user's `n_visits` is their highest visit. With `limit`, only the products with the greatest decayed count are kept
    per user (ties: lower id), as `models.history.add_visit` does.
    """
    merged = purchases.lazy().unique(["user_id", "product_id", "visit"], keep="any").select(_SHAPE)
    totals = pl.col.visit.max().over("user_id").alias("n_visits")
    share = (DECAY ** (pl.col.n_visits - pl.col.visit).cast(pl.Float64)).sum().cast(pl.Float32)
    entries = (
        merged.with_columns(totals)
        .group_by("user_id", "product_id")
        .agg(
            pl.len().alias("counts"),
            share.alias("decayed"),
            pl.col.visit.max().alias("last_visit"),
            pl.col.at_s.max().alias("last_at_s"),
            pl.col.n_visits.first(),
        )
        .sort("user_id", "decayed", "product_id", descending=[False, True, False])
    )
    if limit is not None:
        entries = entries.filter(pl.int_range(pl.len()).over("user_id") < limit)
    return _pack(entries.sort("user_id", "product_id").collect())


def _pack(entries: pl.DataFrame) -> Histories:
    owners = entries.group_by("user_id", maintain_order=True).agg(pl.len(), pl.col.n_visits.first())
    products = entries["product_id"].unique().sort()
    numbered = pl.DataFrame({"product_id": products}).with_row_index("row")
    rows = entries.select("product_id").join(numbered, on="product_id", how="left", maintain_order="left")["row"]
    return Histories(
        users=owners["user_id"].to_list(),
        products=products.to_list(),
        indptr=np.concatenate([[0], np.cumsum(owners["len"].to_numpy())]).astype(np.int64),
        rows=_array(rows, np.int32),
        counts=_array(entries["counts"], np.float32),
        decayed=_array(entries["decayed"], np.float32),
        last_visit=_array(entries["last_visit"], np.int32),
        last_at_s=_array(entries["last_at_s"], np.int64),
        n_visits=_array(owners["n_visits"], np.int32),
    )


def _array(column: pl.Series, dtype: Any) -> NDArray[Any]:
    return column.to_numpy().astype(dtype)
