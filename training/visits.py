"""Every user's visits as flat arrays, product by product: what histories, goods and neighbours are counted from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Visits:
    """One entry per user, visit and product, sorted by user, visit, row.

    A *visit* is one store-local day on which a user bought at least one product: orders of one day merge, and a product counts
    once a day however many were bought. users, products: ids, ascending. user int32 (into `users`), row int32 (into `products`),
    visit int32 (from 1), day int32 (days since 1970), at_s int64 (last purchase of it on that day, seconds since 1970 UTC),
    number int64 (of the visit among all visits). n_visits int32[users].
    """

    users: list[str]
    products: list[str]
    user: NDArray[np.int32]
    row: NDArray[np.int32]
    visit: NDArray[np.int32]
    day: NDArray[np.int32]
    at_s: NDArray[np.int64]
    number: NDArray[np.int64]
    n_visits: NDArray[np.int32]

    @cached_property
    def basket(self) -> NDArray[np.int32]:
        """int32[entries]: distinct products of the entry's visit."""
        return np.bincount(self.number, minlength=1).astype(np.int32)[self.number]

    @cached_property
    def by_pair(self) -> NDArray[np.int64]:
        """int64[entries]: places of the entries sorted by user, row, visit."""
        return np.argsort(self.user.astype(np.int64) * max(len(self.products), 1) + self.row, kind="stable")

    @cached_property
    def pairs(self) -> NDArray[np.int64]:
        """int64[pairs]: where in `by_pair` each pair of a user and a product begins."""
        user, row = self.user[self.by_pair], self.row[self.by_pair]
        return np.flatnonzero(_changes(user, row))

    @property
    def times(self) -> NDArray[np.int64]:
        """int64[pairs]: visits that had the product."""
        return np.diff(self.pairs, append=len(self.user))

    def numbered(self, products: list[str]) -> Visits:
        """The same, rows counting in `products`: ascending ids that hold all of `self.products`."""
        if products == self.products:
            return self
        place = np.searchsorted(np.asarray(products, dtype=str), np.asarray(self.products, dtype=str))
        return replace(self, products=products, row=place.astype(np.int32)[self.row])


def visits_of(lines: pl.DataFrame) -> Visits:
    """From sales lines (`training.sales`; fastest as `coded` sorts them). Anonymous lines are nobody's and left out."""
    own = lines.filter(pl.col.user_id.is_not_null()).select("user_id", "product_id", "day", "occurred_at")
    users, user = _numbered(own["user_id"])
    products, row = _numbered(own["product_id"])
    day = own["day"].to_physical().to_numpy().astype(np.int64)
    at_s = own["occurred_at"].dt.epoch("s").to_numpy()
    key = (user * (np.ptp(day) + 1 if len(day) else 1) + day - day.min(initial=0)) * max(len(products), 1) + row
    if (np.diff(key) < 0).any():
        order = np.argsort(key, kind="stable")
        key, user, row, day, at_s = (column[order] for column in (key, user, row, day, at_s))
    kept = np.flatnonzero(_changes(key))
    user, row, day = user[kept], row[kept], day[kept]
    new = _changes(user, day)
    number = np.cumsum(new) - 1
    n_visits = np.bincount(user[new], minlength=len(users))
    visit = number - (np.cumsum(n_visits) - n_visits)[user] + 1
    latest = np.maximum.reduceat(at_s, kept) if len(kept) else at_s
    narrow = [column.astype(np.int32) for column in (user, row, visit, day)]
    return Visits(
        users, products, narrow[0], narrow[1], narrow[2], narrow[3], latest, number, n_visits.astype(np.int32)
    )


def _changes(*columns: NDArray[np.integer]) -> NDArray[np.bool_]:
    """bool[m]: whether an entry differs from the one before it in any column."""
    first = np.ones(len(columns[0]), dtype=bool)
    first[1:] = np.any([np.diff(column) != 0 for column in columns], axis=0)
    return first


def _numbered(ids: pl.Series) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct ids, ascending, and each one's place among them. Coded ids are looked up once each."""
    kind = ids.dtype if isinstance(ids.dtype, pl.Enum) else pl.Enum(ids.unique().sort())
    codes = ids.cast(kind).to_physical().to_numpy()
    present = np.flatnonzero(np.bincount(codes))
    place = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.int64)
    place[present] = np.arange(len(present))
    return kind.categories.gather(present).to_list(), place[codes]
