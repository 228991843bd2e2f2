"""One user's purchases over all channels, as sufficient statistics to which a visit can be added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

DECAY = 0.98
"""What a visit's weight is multiplied by at each later visit. A visit is one store-local day with a purchase."""
LIMIT = 512
"""Products kept per user unless the caller says otherwise."""
LATEST_S = 253_402_000_000
"""A day or two before the year 10000, where calendars end: no purchase is later, or before 1970."""
_least, _most = np.minimum.reduce, np.maximum.reduce


@dataclass(frozen=True)
class History:
    """One user's purchases. Row i of every array is about `product_ids[i]`; ids are distinct."""

    product_ids: Sequence[str]
    """A tuple, or `Packed`."""
    counts: np.ndarray
    """float32[n]: visits that had the product."""
    decayed: np.ndarray
    """float32[n]: the sum of DECAY ** (visits since) over those visits."""
    last_visit: np.ndarray
    """int32[n]: index, from 1, of the last visit that had the product."""
    last_at_s: np.ndarray
    """int64[n]: when it was last bought, seconds since 1970 UTC."""
    n_visits: int

    @staticmethod
    def empty() -> History:
        """Nobody we know anything of."""
        return History.of((), (), (), (), (), 0)

    @staticmethod
    def of(
        product_ids: Sequence[str], counts: Any, decayed: Any, last_visit: Any, last_at_s: Any, n_visits: int
    ) -> History:
        """A history from any sequences (a feature store's lists), cast to the dtypes above.

        Raises ValueError when lengths differ, an id repeats, or a number is impossible.
        """
        history = History(
            tuple(product_ids),
            np.asarray(counts, dtype=np.float32),
            np.asarray(decayed, dtype=np.float32),
            np.asarray(last_visit, dtype=np.int32),
            np.asarray(last_at_s, dtype=np.int64),
            int(n_visits),
        )
        columns = (history.counts, history.decayed, history.last_visit, history.last_at_s)
        if any(column.shape != (len(history),) for column in columns):
            raise ValueError("history: its arrays are not one row per product")
        if len(set(history.product_ids)) != len(history):
            raise ValueError("history: a product appears twice")
        if not len(history):
            return history
        visits = history.last_visit
        if not (_least(visits) >= 1 and _most(visits) <= history.n_visits):
            raise ValueError(f"history: last_visit is not within 1 to n_visits={history.n_visits}")
        # NaN is least and most of whatever it stands among, and neither above zero nor below infinity.
        if not all(_least(column) > 0 and _most(column) < np.inf for column in columns[:2]):
            raise ValueError("history: counts and decayed must be finite and above zero")
        if not (_least(history.last_at_s) >= 0 and _most(history.last_at_s) <= LATEST_S):
            raise ValueError("history: last_at_s is a moment that no calendar has")
        return history

    def __len__(self) -> int:
        """Distinct products."""
        return len(self.product_ids)

    @cached_property
    def visits_since(self) -> np.ndarray:
        """int32[n]: visits made after the last one that had the product; 0 when the last visit had it."""
        return self.n_visits - self.last_visit


def add_visit(
    history: History, product_ids: Sequence[str], at_s: int, *, new_visit: bool = True, limit: int = LIMIT
) -> History:
    """The history after these products were bought at `at_s`. Rows come back sorted by id.

    `new_visit=False` adds to the last visit (the caller knows the store-local day): a product already in it changes
    only its time. Adding visits one by one equals reckoning from scratch, as long as no more than `limit` products
    are met; beyond that the rows of least `decayed` are forgotten (ties: the greater id goes).
    """
    if limit < 1:
        raise ValueError(f"limit {limit} must be at least 1")
    if not product_ids:
        return history
    first = new_visit or history.n_visits == 0
    n_visits = history.n_visits + (1 if first else 0)
    fade = np.float32(DECAY if first else 1.0)
    rows: dict[str, list[Any]] = {
        name: [count, decayed, visit, last]
        for name, count, decayed, visit, last in zip(
            history.product_ids,
            history.counts.tolist(),
            (history.decayed * fade).tolist(),
            history.last_visit.tolist(),
            history.last_at_s.tolist(),
            strict=True,
        )
    }
    for name in set(product_ids):
        row = rows.setdefault(name, [0.0, 0.0, 0, at_s])
        if row[2] < n_visits:  # once per visit, however many lines the ticket has
            row[0], row[1], row[2] = row[0] + 1.0, row[1] + 1.0, n_visits
        row[3] = max(row[3], at_s)
    return _table(_bounded(rows, limit), n_visits)


def alike(one: History, other: History) -> bool:
    """Whether both say the same, `decayed` but for what adding in another order makes of it (1e-5 of it)."""
    if (one.product_ids, one.n_visits) != (other.product_ids, other.n_visits):
        return False
    exact = all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("counts", "last_visit", "last_at_s")
    )
    return exact and np.allclose(one.decayed, other.decayed, rtol=1e-5, atol=0.0)


def _bounded(rows: dict[str, list[Any]], limit: int) -> dict[str, list[Any]]:
    if len(rows) <= limit:
        return rows
    kept = sorted(rows, key=lambda name: (-rows[name][1], name))[:limit]
    return {name: rows[name] for name in kept}


def _table(rows: dict[str, list[Any]], n_visits: int) -> History:
    names = sorted(rows)
    columns = list(zip(*(rows[name] for name in names), strict=True))
    return History.of(names, columns[0], columns[1], columns[2], columns[3], n_visits)
