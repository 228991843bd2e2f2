"""The crowd after a screening: who is decided outright, what they take, and the rows still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from offers.boxes import Box
from offers.choice import Choice, arm_table
from offers.knapsack import Block, Budgets, Source
from offers.repair import first_of, left_over
from offers.rows import Rows, join
from offers.screening import every_row, screen
from offers.smoothing import own_price

MOST_OPEN = 8_000_000
"""Arms of open rows, some 30 bytes each, that are kept in memory."""


@dataclass(frozen=True)
class Crowd:
    """Everybody after a screening: rows still open, and the arms of decided ones with all that these earn and use."""

    open: Rows
    user: np.ndarray
    """int64[k]: with `place`, int32[k], the arms of decided rows."""
    place: np.ndarray
    value: float
    used: np.ndarray
    """int64[limits]."""
    thinned: bool
    """Whether open rows lost arms for want of memory; the dual of what is left is no bound then."""


def screened(blocks: Iterable[Block], budgets: Budgets, box: Box, prices: np.ndarray) -> Crowd:
    """Screen every block; sums are exact. Rows are thinned about `prices` (float64[limits]) once MOST_OPEN arms are open."""
    n = len(budgets.limits)
    parts: list[Rows] = []
    users, places, value, used = [], [], 0.0, np.zeros(n, dtype=np.int64)
    n_open, thinned = 0, False
    for block in blocks:
        found = screen(block, budgets, box)
        n_open += len(found.open.value)
        if n_open > MOST_OPEN:
            parts = [slim(join([*parts, found.open]), prices)]
            n_open, thinned = min(n_open, MOST_OPEN), True
        else:
            parts.append(found.open)
        arm, user = found.arm, found.user
        cost = block.cost[arm].astype(np.int64)
        value += float(block.value[arm].sum(dtype=np.float64))
        used[0] += cost.sum()
        np.add.at(used, budgets.store_limit(block.store[arm]), cost)
        np.add.at(used, budgets.item_limit(None if block.item is None else block.item[arm], len(arm)), 1)
        users.append(user)
        places.append((arm - block.indptr[user - block.first_user] + 1).astype(np.int32))
    used[-1] = 0
    return Crowd(join(parts), np.concatenate(users), np.concatenate(places), value, used, thinned)


def choice_of(
    n_users: int, crowd: Crowd, pick: np.ndarray, exact: bool, prices: np.ndarray, bound: float, limits: np.ndarray
) -> Choice:
    """The plan of decided and open rows together; `pick` int64[rows] and `bound` are of the open ones and of all."""
    rows, chosen = crowd.open, pick[pick >= 0]
    user = np.concatenate((crowd.user, rows.user[pick >= 0]))
    place = np.concatenate((crowd.place, rows.place[chosen]))
    used = limits - left_over(rows, pick, limits - crowd.used)
    used[-1] = 0
    value = crowd.value + float(rows.value[chosen].sum())
    return Choice(arm_table(n_users, user, place), value, int(used[0]), max(bound, value), prices, used, exact)


def slim(rows: Rows, prices: np.ndarray) -> Rows:
    """Of each row the best arm at the prices, the cheapest and the dearest: what it takes to repair and fill a plan."""
    keep = np.zeros(len(rows.value), dtype=bool)
    for badness in (-rows.reduced(prices), rows.cost, -rows.cost):
        keep[first_of(rows.row, badness)] = True
    return rows.thinned(keep)


def bound_at(source: Source, budgets: Budgets, prices: np.ndarray) -> float:
    """The exact dual of everybody at prices float64[limits]."""
    total = float(budgets.limits @ prices)
    for block in source.blocks():
        rows = every_row(block, budgets)
        if len(rows):
            best = np.maximum.reduceat(rows.reduced(prices), rows.indptr[:-1])
            own, due = own_price(rows, best)
            total += due + float(np.maximum(best - own, 0.0).sum())
    return total
