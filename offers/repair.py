"""From prices to a plan that keeps every limit: each row's best arm, least-regret downgrades, then what still fits.

Regret is what a choice is worth less than the row's best at the prices. By weak duality a plan falls short of the dual by
its regrets and the price of what it leaves unused, so both steps look for the least of it per unit of money or stock.
Moves are made in bulk: sorted, summed up, and taken as far as the limits go.
"""

from __future__ import annotations

import numpy as np

from offers.rows import Rows


def best_arms(rows: Rows, prices: np.ndarray) -> np.ndarray:
    """int64[R]: each row's best arm at the prices (place in the rows' arrays), -1 for nothing; coupled users' best rows.

    Ties go to the first arm, and to nothing.
    """
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    worth, row = rows.reduced(prices), rows.row
    best = np.maximum.reduceat(worth, rows.indptr[:-1])
    at = np.flatnonzero(worth == best[row])
    pick = at[np.searchsorted(at, rows.indptr[:-1])]
    pick[best <= 0.0] = -1
    coupled = np.flatnonzero((rows.group >= 0) & (pick >= 0))
    order = coupled[np.lexsort((coupled, -best[coupled], rows.group[coupled]))]
    pick[order[rank_in(rows.group[order]) >= rows.cap[order]]] = -1
    return pick


def rank_in(group: np.ndarray) -> np.ndarray:
    """int64: of sorted groups, each element's place in its own."""
    first = np.append(True, group[1:] != group[:-1])[: len(group)]
    return np.arange(len(group)) - np.flatnonzero(first)[np.cumsum(first) - 1]


def left_over(rows: Rows, pick: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """int64[m]: what a plan leaves of the limits; below zero where it takes too much."""
    arm = pick[pick >= 0]
    cost, left = rows.cost[arm], limits.copy()
    left[0] -= cost.sum()
    np.subtract.at(left, rows.store[arm], cost)
    np.subtract.at(left, rows.item[arm], 1)
    left[-1] = limits[-1]
    return left


def repaired(rows: Rows, limits: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """int64[R]: a plan within limits int64[m] (none below zero) near the best arms at the prices."""
    pick = best_arms(rows, prices)
    worth = rows.reduced(prices)
    for key in (rows.item, rows.store, np.zeros(len(rows.cost), dtype=np.int64)):
        while _lower(rows, pick, limits, worth, key):
            pass
    while _fill(rows, pick, limits, worth):
        pass
    return pick


def _lower(rows: Rows, pick: np.ndarray, limits: np.ndarray, worth: np.ndarray, key: np.ndarray) -> bool:
    """Downgrade rows in place until the limits at `key` (int[A]: each arm's place) are kept; whether any had to be.

    A way down is nothing, or another arm of the store that costs no more and is of the same item or of one without limit.
    """
    over = np.maximum(-left_over(rows, pick, limits), 0)
    over[-1] = 0
    active = np.flatnonzero(pick >= 0)
    active = active[over[key[pick[active]]] > 0]
    if not len(active):
        return False
    row, to = alternatives(rows, active)
    arm = pick[row]
    item, store, cost = rows.item, rows.store, rows.cost
    down = (
        (store[to] == store[arm]) & (cost[to] <= cost[arm]) & ((item[to] == item[arm]) | (item[to] == len(limits) - 1))
    )
    arm = np.concatenate((pick[active], arm[down]))
    row, to = np.concatenate((active, row[down])), np.concatenate((np.full(len(active), -1), to[down]))
    none = to < 0
    swapped = (none | (item[to] != item[arm])).astype(np.int64)
    relief = swapped if key is item else cost[arm] - np.where(none, 0, cost[to])
    regret = worth[arm] - np.where(none, 0.0, worth[to])
    useful = relief > 0
    row, to, relief, regret, at = row[useful], to[useful], relief[useful], regret[useful], key[arm[useful]]
    score = regret / np.minimum(relief, over[at])
    best = first_of(row, score)
    order = best[np.lexsort((row[best], score[best], at[best]))]
    before = running(relief[order], at[order]) - relief[order]
    chosen = order[before < over[at[order]]]
    pick[row[chosen]] = to[chosen]
    return True


def _fill(rows: Rows, pick: np.ndarray, limits: np.ndarray, worth: np.ndarray) -> bool:
    """Upgrade rows in place with what is left, dearest value per priced unit first; whether any was."""
    left = left_over(rows, pick, limits)
    row, to = alternatives(rows, np.arange(len(rows)))
    arm = pick[row]
    none = arm < 0
    free = to != arm
    if (rows.group >= 0).any():
        taken = np.bincount(rows.user[pick >= 0], minlength=int(rows.user.max()) + 1)
        free &= ~none | (taken[rows.user[row]] < rows.cap[row])
    cost, store, item = rows.cost, rows.store, rows.item
    gain = rows.value[to] - np.where(none, 0.0, rows.value[arm])
    in_all = cost[to] - np.where(none, 0, cost[arm])
    in_store = np.where(~none & (store[to] == store[arm]), in_all, cost[to])
    units = (none | (item[to] != item[arm])).astype(np.int64)
    free &= (gain > 0) & (in_all <= left[0]) & (in_store <= left[store[to]]) & (units <= left[item[to]])
    row, to, gain, in_all, in_store, units = (column[free] for column in (row, to, gain, in_all, in_store, units))
    paid = gain - worth[to] + np.where(none, 0.0, worth[arm])[free]
    score = -gain / np.maximum(paid, 1e-9 * gain)
    best = first_of(rows.user[row], score)
    best = best[np.lexsort((row[best], score[best]))]
    fits = np.cumsum(np.maximum(in_all[best], 0)) <= left[0]
    for key, amount in ((store, in_store), (item, units)):
        by = np.argsort(key[to[best]], kind="stable")
        sums = running(np.maximum(amount[best[by]], 0), key[to[best[by]]])
        fits[by] &= sums <= left[key[to[best[by]]]]
    pick[row[best[fits]]] = to[best[fits]]
    return bool(fits.any())


def alternatives(rows: Rows, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row, arm) for every arm of the rows of the given numbers."""
    sizes = np.diff(rows.indptr)[numbers]
    first = np.cumsum(sizes) - sizes
    return np.repeat(numbers, sizes), np.repeat(rows.indptr[numbers] - first, sizes) + np.arange(int(sizes.sum()))


def first_of(group: np.ndarray, score: np.ndarray) -> np.ndarray:
    """int64: of each group the place with the least score, ties to the first."""
    order = np.lexsort((np.arange(len(group)), score, group))
    return order[rank_in(group[order]) == 0]


def running(amount: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Running sums within sorted groups."""
    total = np.cumsum(amount)
    first = np.append(True, group[1:] != group[:-1])[: len(group)]
    start = np.flatnonzero(first)
    return total - (total[start] - amount[start])[np.cumsum(first) - 1]
