"""Pacing: users served as their moment comes, at prices found again from what is left and who is still to come.

The plan of the morning ages: coupons are redeemed or not, shelves empty, budgets are raised or cut. `repace` takes the
state of the hour, prices money and stock anew on a sample of all who wait, and gives each user whose moment it is their
best arm at those prices if it still fits. It keeps every limit whatever the prices, and is greedy: who comes later may
find a shelf empty, but a price above zero keeps money back for those who will earn more with it (a bid-price control;
Talluri and van Ryzin 1998, An analysis of bid-price controls for network revenue management).

Use: `left` is `Budgets` less what was sent, spent, held and sold since (`offers.means` reads it from the ledger); call it
as often as the hour's batch is due, and hand the prices of one call to the next, which need few steps then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offers.choice import arm_table
from offers.knapsack import Block, Budgets, Source
from offers.prices import FIRST, find_prices
from offers.rows import Rows
from offers.sampling import sample
from offers.screening import every_row

SAMPLE = 4_000
WARM = 0.03
EASE = 0.01
"""Of an arm's value: prices from a sample are no more exact, and where all are alike a hair decides for everybody."""


@dataclass(frozen=True)
class Paced:
    """What is sent now, as `Choice.arm` is for the users of `now`; prices float64[limits]; what is left after it."""

    arm: np.ndarray
    prices: np.ndarray
    left: Budgets
    value_cents: float


def repace(now: Block, waiting: Source, left: Budgets, prices: np.ndarray | None = None, seed: int = 0) -> Paced:
    """Serve the users of `now` (in their order) out of `left`; `waiting` are all still to be served today, them included.

    prices: the last call's, float64[limits]. Users of `now` count from 0.
    """
    found = reprice(waiting, left, prices, seed)
    rows = every_row(now, left)
    limits = left.limits
    pick = _greedy(rows, rows.reduced(found), limits)
    arm = pick[pick >= 0]
    n_stores, end = len(left.store_cents), len(limits) - 1
    rest = Budgets(int(limits[0]), limits[1 : 1 + n_stores], limits[1 + n_stores : end])
    table = arm_table(len(now), rows.user[pick >= 0] - now.first_user, rows.place[arm])
    return Paced(table, found, rest, float(rows.value[arm].sum()))


def reprice(waiting: Source, left: Budgets, prices: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """Prices float64[limits] for what is left, from a sample of who waits."""
    if waiting.n_users == 0:
        return np.zeros(len(left.limits))
    few = sample(waiting, SAMPLE, np.random.default_rng(seed))
    rows = every_row(few, left)
    share = len(few) / waiting.n_users
    warm = prices is not None and bool(prices.any())
    return find_prices(rows, left.limits * share, prices, WARM if warm else FIRST, 1e-3).prices


def _greedy(rows: Rows, worth: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """int64[R]: in order of the rows the best arm that fits, if it is worth its price; `limits` is reduced by it."""
    pick = np.full(len(rows), -1, dtype=np.int64)
    taken: dict[int, int] = {}
    for row in range(len(rows)):
        low, high = int(rows.indptr[row]), int(rows.indptr[row + 1])
        user = int(rows.user[row])
        if taken.get(user, 0) >= rows.cap[row]:
            continue
        near = max(float(worth[low:high].max()), 0.0) - EASE * float(rows.value[low:high].max())
        # Among those as good as the best the most valuable first; then the others by what they are worth.
        order = np.lexsort((-worth[low:high], -np.where(worth[low:high] >= near, rows.value[low:high], -np.inf)))
        for arm in (low + order).tolist():
            cost, store, item = int(rows.cost[arm]), int(rows.store[arm]), int(rows.item[arm])
            if worth[arm] <= min(near, 0.0):
                break
            if cost <= limits[0] and cost <= limits[store] and limits[item] >= 1:
                pick[row], taken[user] = arm, taken.get(user, 0) + 1
                limits[0] -= cost
                end = len(limits) - 1
                limits[store] -= cost if store < end else 0
                limits[item] -= 1 if item < end else 0
                break
    return pick
