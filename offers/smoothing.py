"""The Lagrangian dual of the plan, exact and smoothed, with the slope and curvature that Newton's steps need.

At prices y the dual is  D(y) = Σ limits · y + Σ rows max(0, best worth of the row)  for users who take what a slot offers;
a coupled user takes the best `cap` of their slots, which a price of their own (the worth of the first slot left out)
says just as well. D bounds every plan, is convex and has kinks. The smoothed dual replaces each maximum by
τ log(1 + Σ exp(worth / τ)), which is larger by at most τ log(1 + arms); its slope is what is left of the limits when each
row takes its arms with the softmax's weights (Nesterov 2005, Smooth minimization of non-smooth functions).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from offers.rows import Rows

ARMS_A_STEP = 200_000


@dataclass(frozen=True)
class Dual:
    """At one vector of prices: the exact dual and the smoothed one; slope float64[k] and curvature float64[k, k] of the
    smoothed one, by the k prices asked for; the value of the softmax's fractional plan."""

    exact: float
    smooth: float
    slope: np.ndarray
    curvature: np.ndarray
    value: float


def dual(rows: Rows, limits: np.ndarray, prices: np.ndarray, tau: float, priced: np.ndarray) -> Dual:
    """The dual of rows (whole users) under limits float64[m] at prices float64[m], last zero; tau > 0, in cents.

    priced int64[k]: places of the prices that may move, ascending, the first 0, the campaign's.
    """
    k = len(priced)
    column = np.full(len(limits), k)
    column[priced] = np.arange(k)
    worth = rows.reduced(prices)
    own, due = own_price(rows, np.maximum.reduceat(worth, rows.indptr[:-1]) if len(rows) else worth)
    exact = smooth = float(limits @ prices) + due
    value, used, curvature = 0.0, np.zeros(k), np.zeros((k, k))
    for start, stop in steps(rows.indptr):
        arms = slice(int(rows.indptr[start]), int(rows.indptr[stop]))
        bounds, sizes = rows.indptr[start:stop] - rows.indptr[start], np.diff(rows.indptr[start : stop + 1])
        net = worth[arms] - np.repeat(own[start:stop], sizes) if due else worth[arms]
        top = np.maximum(np.maximum.reduceat(net, bounds), 0.0)
        weight = np.exp((net - np.repeat(top, sizes)) / tau)
        total = np.add.reduceat(weight, bounds) + np.exp(-top / tau)
        weight /= np.repeat(total, sizes)
        exact += float(top.sum())
        smooth += float(top.sum() + tau * np.log(total).sum())
        value += float(weight @ rows.value[arms])
        use = _Use(weight, rows.cost[arms].astype(np.float64), column[rows.store[arms]], column[rows.item[arms]])
        used += use.total(k)
        unsure = np.flatnonzero((weight > 1e-9) & (weight < 1.0 - 1e-9))
        curvature += use.only(unsure).spread(np.repeat(np.arange(stop - start), sizes)[unsure], k)
    return Dual(exact, smooth, limits[priced] - used, curvature / tau, value)


@dataclass(frozen=True)
class _Use:
    """Arms with their softmax weights, cents, and places of store and item among the k prices (k: has none)."""

    weight: np.ndarray
    cents: np.ndarray
    store: np.ndarray
    item: np.ndarray

    def only(self, arms: np.ndarray) -> _Use:
        return _Use(self.weight[arms], self.cents[arms], self.store[arms], self.item[arms])

    def total(self, k: int) -> np.ndarray:
        """float64[k]: what is used on average."""
        cents = self.weight * self.cents
        used = np.bincount(self.store, cents, k + 1)
        if self.item.min(initial=k) < k:
            used += np.bincount(self.item, self.weight, k + 1)
        used[0] = cents.sum()
        return used[:k]

    def spread(self, row: np.ndarray, k: int) -> np.ndarray:
        """float64[k, k]: the sum over rows of the covariance of what a row uses."""
        if not len(row):
            return np.zeros((k, k))
        seen = np.zeros(int(row[-1]) + 1, dtype=bool)
        seen[row] = True
        row, n = (np.cumsum(seen) - 1)[row], int(seen.sum())
        cents = self.weight * self.cents
        squares = np.bincount(self.store, cents * self.cents, k + 1)
        total = np.diag(squares)
        mean = np.bincount(row * (k + 1) + self.store, cents, n * (k + 1)).reshape(n, k + 1)
        in_all = mean.sum(axis=1)
        total[0], total[:, 0] = squares, squares
        total[0, 0] = squares.sum()
        if self.item.min() < k:
            mean += np.bincount(row * (k + 1) + self.item, self.weight, n * (k + 1)).reshape(n, k + 1)
            both = np.bincount(self.store * (k + 1) + self.item, cents, (k + 1) ** 2).reshape(k + 1, k + 1)
            asked, units = np.bincount(self.item, cents, k + 1), np.bincount(self.item, self.weight, k + 1)
            both[0] = asked
            total += both + both.T + np.diag(units)
        mean[:, 0] = in_all
        return (total - mean.T @ mean)[:k, :k]


def own_price(rows: Rows, best: np.ndarray) -> tuple[np.ndarray, float]:
    """What each coupled row has to beat, float64[R] (0 for others), and the sum of cap · price over coupled users.

    best float64[R]: the best worth of each row.
    """
    own, coupled = np.zeros(len(rows)), np.flatnonzero(rows.group >= 0)
    if not len(coupled):
        return own, 0.0
    order = coupled[np.lexsort((-best[coupled], rows.group[coupled]))]
    group = rows.group[order]
    first = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    number = np.cumsum(np.append(True, group[1:] != group[:-1])) - 1
    cap, sizes = rows.cap[order[first]], np.diff(np.append(first, len(order)))
    left_out = np.minimum(first + cap, len(order) - 1)
    price = np.where(sizes > cap, np.maximum(best[order[left_out]], 0.0), 0.0)
    own[order] = price[number]
    return own, float(cap @ price)


def steps(indptr: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of rows of at most about ARMS_A_STEP arms each."""
    if len(indptr) < 2:
        return []
    cuts = np.searchsorted(indptr, np.arange(ARMS_A_STEP, int(indptr[-1]), ARMS_A_STEP))
    marks = np.unique(np.concatenate(([0], cuts, [len(indptr) - 1]))).tolist()
    return list(pairwise(marks))
