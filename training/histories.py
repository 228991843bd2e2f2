"""Purchases as each person lived them: per user and product how often and how lately, folded from visits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.history import DECAY, History
from training.visits import Visits


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


def build_histories(visits: Visits, limit: int | None = None) -> Histories:
    """Fold visits into per-user histories.

    With `limit`, only the products with the greatest decayed count are kept per user (ties: lower id), as
    `models.history.add_visit` does.
    """
    starts = visits.pairs
    if not len(starts):
        return _packed(visits, *(np.empty(0, np.int64),) * 6)
    order = visits.by_pair
    since = (visits.n_visits[visits.user] - visits.visit)[order]
    counts = visits.times
    columns: tuple[NDArray[Any], ...] = (
        visits.user[order[starts]],
        visits.row[order[starts]],
        counts,
        np.add.reduceat(DECAY ** since.astype(np.float64), starts).astype(np.float32),
        visits.visit[order[starts + counts - 1]],
        np.maximum.reduceat(visits.at_s[order], starts),
    )
    if limit is not None:
        user, row, _, decayed, *_ = columns
        nearest = np.lexsort((row, -decayed, user))
        nth = np.arange(len(user)) - np.searchsorted(user, user)
        kept = np.sort(nearest[nth < limit])
        columns = tuple(column[kept] for column in columns)
    return _packed(visits, *columns)


def _packed(visits: Visits, *columns: NDArray[Any]) -> Histories:
    user, row, counts, decayed, last_visit, last_at_s = columns
    sizes = np.bincount(user, minlength=len(visits.users))
    return Histories(
        visits.users,
        visits.products,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        row.astype(np.int32),
        counts.astype(np.float32),
        decayed.astype(np.float32),
        last_visit.astype(np.int32),
        last_at_s.astype(np.int64),
        visits.n_visits,
    )
