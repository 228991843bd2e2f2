"""Allotment: who gets which arm, so that all of them earn the most within every budget, stock and cap.

Prices are learnt on ever larger samples; each lets the next screening decide most users outright, so that the whole
crowd is read about twice. What is left open is small: its prices are made exact, its plan repaired and filled.
The answer always keeps every limit, and carries the dual bound at its prices, which no plan is worth more than.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from offers.knapsack import Block, Budgets, Source
from offers.polishing import polished
from offers.prices import FIRST, find_prices
from offers.repair import left_over, rank_in, repaired
from offers.rows import Rows, join
from offers.sampling import sample, take
from offers.screening import ENDLESS, Box, everything, screen

SAMPLES = (500, 4_000, 40_000)
SPREAD = 3.0
FEW = 3_000
ATTEMPTS = 5


@dataclass(frozen=True)
class Choice:
    """One plan. `bound_cents` is the dual bound at `prices`; no plan is worth more."""

    arm: np.ndarray
    """int32[users]: 0 is nothing, a the user's a-th arm. int32[users, n] where some user takes n > 1, the rest filled with 0."""
    value_cents: float
    cost_cents: int
    bound_cents: float
    prices: np.ndarray
    """float64[limits]: value that the last cent of the campaign, of each store and the last unit of each item buys."""
    used: np.ndarray
    """int64[limits]: what it takes of each, in the order of `Budgets.limits`."""
    exact: bool
    """Whether it is proven that no plan is worth more."""

    @property
    def price(self) -> float:
        """Value the last cent of the campaign's budget buys; 0 when it doesn't bind."""
        return float(self.prices[0])

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound; 0 when it is proven to be the best."""
        return 0.0 if self.exact or self.bound_cents <= 0 else max(0.0, 1.0 - self.value_cents / self.bound_cents)


@dataclass
class _Crowd:
    """Everybody after a screening: rows still open, and what the decided ones take and earn."""

    open: Rows
    user: np.ndarray
    place: np.ndarray
    value: float
    used: np.ndarray


def allot(source: Source, budgets: Budgets, seed: int = 0) -> Choice:
    """The plan for every user of the source. Raises ValueError for arms that are no numbers."""
    limits, box, prices = budgets.limits, everything(budgets), np.zeros(len(budgets.limits))
    prices, box = _learnt(source, budgets, np.random.default_rng(seed))
    for attempt in range(ATTEMPTS + 1):
        if attempt == ATTEMPTS:
            box = everything(budgets)
        crowd = _screened(source.blocks(), budgets, box)
        room = limits - crowd.used
        found = find_prices(crowd.open, room, prices, first=0.03 if attempt < ATTEMPTS and prices.any() else FIRST)
        strayed = _outside(found.prices, box, budgets) | (room < 0)
        if not strayed.any():
            break
        prices = found.prices
        box = _widened(box, prices, strayed, budgets)
    pick, exact = repaired(crowd.open, room, found.prices), False
    if source.n_users < FEW:
        pick, exact = polished(crowd.open, room, found.prices, found.bound, pick, seed)
    return _choice(source.n_users, crowd, pick, exact, found.prices, found.bound + crowd.value, limits)


def _learnt(source: Source, budgets: Budgets, rng: np.random.Generator) -> tuple[np.ndarray, Box]:
    """Prices and a box around them, from samples of the source."""
    box, prices = everything(budgets), np.zeros(len(budgets.limits))
    sizes = [size for size in SAMPLES if 2 * size <= source.n_users]
    if not sizes:
        return prices, box
    largest = sample(source, sizes[-1], rng)
    for size in sizes:
        few = take(largest, np.sort(rng.choice(len(largest), size, replace=False))) if size < len(largest) else largest
        crowd = _screened([few], budgets, box)
        room = budgets.limits * (size / source.n_users) - crowd.used
        first = 0.03 if prices.any() else FIRST
        prices = find_prices(crowd.open, room, prices, first, 0.01).prices
        box = around(prices, budgets, few)
    return prices, box


def around(prices: np.ndarray, budgets: Budgets, few: Block) -> Box:
    """The box in which the crowd's prices lie most likely, given those of a sample of it."""
    n = len(budgets.store_cents)
    cent = np.append(prices[0] + prices[1 : n + 1], prices[0])
    store = np.where(few.store < 0, n, few.store)
    here = np.bincount(store, minlength=n + 1) * (len(few) / max(1, len(store)))
    wide = SPREAD / np.sqrt(np.maximum(here, 1.0))
    wide[n] = min(wide[n], SPREAD / np.sqrt(len(few)))
    usual = float(np.maximum(few.value, 0).sum(dtype=np.float64) / max(1.0, float(few.cost.sum(dtype=np.float64))))
    low = np.maximum(cent * (1.0 - wide) - 0.05 * wide * usual, 0.0)
    high = cent * (1.0 + wide) + 0.25 * wide * usual
    unit = prices[n + 1 :]
    endless = np.append(np.full(len(unit) - 1, ENDLESS), 0.0)
    return Box((low, high), (np.zeros(len(unit)), endless))


def _screened(blocks: Iterable[Block], budgets: Budgets, box: Box) -> _Crowd:
    """Screen every block; sums are exact."""
    n = len(budgets.limits)
    parts, users, places, value, used = [], [], [], 0.0, np.zeros(n, dtype=np.int64)
    for block in blocks:
        found = screen(block, budgets, box)
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
    return _Crowd(join(parts), np.concatenate(users), np.concatenate(places), value, used)


def _outside(prices: np.ndarray, box: Box, budgets: Budgets) -> np.ndarray:
    """bool[limits]: whose price isn't in the box."""
    n = len(budgets.store_cents)
    cent = np.append(prices[0] + prices[1 : n + 1], prices[0])
    out = (cent < box.cent[0]) | (cent > box.cent[1])
    unit = (prices[n + 1 :] < box.unit[0]) | (prices[n + 1 :] > box.unit[1])
    return np.concatenate(([out[n]], out[:n], unit))


def _widened(box: Box, prices: np.ndarray, strayed: np.ndarray, budgets: Budgets) -> Box:
    """A box three times as wide about the prices, where they strayed."""
    n = len(budgets.store_cents)
    cent = np.append(prices[0] + prices[1 : n + 1], prices[0])
    out = np.append(strayed[1 : n + 1], strayed[0])
    wide = 1.5 * (box.cent[1] - box.cent[0]) + 1e-9
    low = np.where(out, np.maximum(cent - wide, 0.0), box.cent[0])
    high = np.where(out, cent + wide, box.cent[1])
    endless = np.where(strayed[n + 1 :], ENDLESS, box.unit[1])
    endless[-1] = 0.0
    return Box((low, high), (box.unit[0], endless))


def _choice(
    n_users: int, crowd: _Crowd, pick: np.ndarray, exact: bool, prices: np.ndarray, bound: float, limits: np.ndarray
) -> Choice:
    rows, chosen = crowd.open, pick[pick >= 0]
    user = np.concatenate((crowd.user, rows.user[pick >= 0]))
    place = np.concatenate((crowd.place, rows.place[chosen]))
    used = limits - left_over(rows, pick, limits - crowd.used)
    used[-1] = 0
    value = crowd.value + float(rows.value[chosen].sum())
    return Choice(arm_table(n_users, user, place), value, int(used[0]), max(bound, value), prices, used, exact)


def arm_table(n_users: int, user: np.ndarray, place: np.ndarray) -> np.ndarray:
    """`Choice.arm` of pairs in any order."""
    order = np.lexsort((place, user))
    user, place = user[order], place[order]
    rank = rank_in(user)
    width = int(rank.max(initial=0)) + 1
    table = np.zeros((n_users, width), dtype=np.int32)
    table[user, rank] = place
    return table[:, 0] if width == 1 else table
