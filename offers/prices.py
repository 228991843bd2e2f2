"""The prices of money and stock: Newton's steps down the smoothed dual, ever less smooth, prices never below zero.

The softmax's plan at hand is a fractional plan, so the dual less its value tells how far the prices can still fall.
Budgets that nobody exhausts keep price zero. Bertsekas 1982, Projected Newton methods, for the steps at the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offers.rows import Rows
from offers.smoothing import Dual, dual

FIRST, LAST, COOLING = 0.3, 3e-4, 0.2
"""The smoothing at first and at last, as shares of a row's usual worth, and its factor from one level to the next."""
STEPS = 8
MOST_PRICED = 256
"""Stock items beyond so many that are asked for too much are left to the repair."""


@dataclass(frozen=True)
class Priced:
    """Prices float64[limits] (value per cent or unit, the last 0) and the exact dual at them."""

    prices: np.ndarray
    bound: float
    n_steps: int


def find_prices(
    rows: Rows, limits: np.ndarray, start: np.ndarray | None = None, first: float = FIRST, last: float = LAST
) -> Priced:
    """The prices that make the dual of the rows least, as far as smoothing `last` tells. limits int64 or float64[m]."""
    room, m = limits.astype(np.float64), len(limits)
    prices = np.zeros(m) if start is None else start.copy()
    if not len(rows):
        return Priced(np.zeros(m), 0.0, 0)
    worth = np.maximum(np.maximum.reduceat(rows.value, rows.indptr[:-1]), 0.0)
    unit = float(np.mean(worth)) or 1.0
    best, n_steps, level = Priced(prices, np.inf, 0), 0, first
    while True:
        priced = _priced(rows, room, prices)
        now = dual(rows, room, prices, unit * level, priced)
        for _ in range(STEPS):
            n_steps += 1
            if now.exact < best.bound:
                best = Priced(prices.copy(), now.exact, n_steps)
            moved = _step(rows, room, prices, priced, now, unit * level)
            if moved is None:
                break
            fell = now.smooth - moved[1].smooth
            prices, now = moved
            if fell <= 1e-2 * unit * level * np.sqrt(len(rows)) + 1e-9 * abs(now.smooth):
                break
        if now.exact < best.bound:
            best = Priced(prices.copy(), now.exact, n_steps)
        if level <= last:
            return Priced(best.prices, best.bound, n_steps)
        level = max(level * COOLING, last)


def _step(
    rows: Rows, room: np.ndarray, prices: np.ndarray, priced: np.ndarray, now: Dual, tau: float
) -> tuple[np.ndarray, Dual] | None:
    """One step down, halved until it falls; None when no step does."""
    at = prices[priced]
    free = np.flatnonzero((at > 0) | (now.slope < 0))
    if not len(free):
        return None
    curve = now.curvature[np.ix_(free, free)]
    diagonal = np.diag(curve)
    curve = curve + np.diag(1e-6 * diagonal + 1e-9 * diagonal.max() + 1e-12)
    way = np.zeros(len(priced))
    way[free] = -np.linalg.solve(curve, now.slope[free])
    # Far from where the curvature was measured a step means nothing: no price moves by more than the prices at hand allow.
    most = 0.5 * max(float(at.max()), 0.25 * _usual(rows))
    way = np.clip(way, -most, most)
    for halved in range(40):
        fresh = prices.copy()
        fresh[priced] = np.maximum(at + way * 0.5**halved, 0.0)
        then = dual(rows, room, fresh, tau, priced)
        if then.smooth < now.smooth - 1e-4 * float(now.slope @ (at - fresh[priced])):
            return fresh, then
    return None


def _usual(rows: Rows) -> float:
    """Value a cent buys on the whole, to measure prices by."""
    return float(np.maximum(rows.value, 0.0).sum() / max(float(rows.cost.sum()), 1.0)) or 1.0


def _priced(rows: Rows, room: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Places that need a price: the campaign, stores that have arms, items that have one or are asked for too much."""
    asked = np.zeros(len(room), dtype=bool)
    asked[rows.store] = True
    wanted = np.bincount(rows.item, minlength=len(room)).astype(np.float64)
    over = np.where((wanted > room) | (prices > 0), wanted - room, -np.inf)
    over[asked] = -np.inf
    items = np.argsort(-over, kind="stable")[:MOST_PRICED]
    asked[items[over[items] > -np.inf]] = True
    asked[0], asked[-1] = True, False
    return np.flatnonzero(asked)
