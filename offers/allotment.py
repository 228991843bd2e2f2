"""Allotment: who gets which arm, so that all of them earn the most within every budget, stock and cap.

Prices are learnt on ever larger samples; each lets the next screening decide most users outright, so that the whole
crowd is read about twice. What is left open is small: its prices are made exact, its plan repaired and filled.
The answer always keeps every limit, and carries the dual bound at its prices, which no plan is worth more than.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from offers.boxes import Box, around, everything, outside, widened
from offers.choice import Choice
from offers.crowd import bound_at, choice_of, screened
from offers.knapsack import Budgets, Source
from offers.polishing import polished
from offers.prices import FIRST, find_prices
from offers.repair import repaired
from offers.sampling import sample, take

SAMPLES = (200, 1_500, 12_000, 60_000)
"""Users of the samples; one is taken of at least twice as many."""
ATTEMPTS = 5
"""Boxes tried before every price is thought possible."""
WARM, ROUGH = 0.03, 0.03
"""Smoothing to begin with where prices are known about, and to end with where only about is asked."""
FEW, MANY, GOOD = 1_500, 30_000, 2e-4
"""Fewer users than `few` are planned to a proof, if it can be had; a plan further than `good` from its bound is polished
while no more than `many` rows are open."""


def allot(source: Source, budgets: Budgets, seed: int = 0) -> Choice:
    """The plan for every user of the source. Raises ValueError for arms that are no numbers."""
    limits = budgets.limits
    prices, box = _learnt(source, budgets, np.random.default_rng(seed))
    for attempt in range(ATTEMPTS + 1):
        if attempt == ATTEMPTS:
            box = everything(budgets)
        crowd = screened(source.blocks(), budgets, box, prices)
        room = limits - crowd.used
        found = find_prices(crowd.open, room, prices, WARM if attempt < ATTEMPTS and prices.any() else FIRST)
        strayed = outside(found.prices, box, budgets) | (room < 0)
        if not strayed.any():
            break
        prices = found.prices
        box = widened(box, prices, strayed, budgets)
    pick = repaired(crowd.open, room, found.prices)
    whole, few = abs(found.bound + crowd.value), source.n_users < FEW
    short = found.bound - float(crowd.open.value[pick[pick >= 0]].sum())
    exact = short <= 1e-9 * (1.0 + whole)
    if few or (short > GOOD * whole and len(crowd.open) < MANY):
        pick, exact = polished(crowd.open, room, found.prices, found.bound, pick, seed, few)
    made = choice_of(source.n_users, crowd, pick, exact, found.prices, found.bound + crowd.value, limits)
    return replace(made, bound_cents=bound_at(source, budgets, found.prices), exact=False) if crowd.thinned else made


def _learnt(source: Source, budgets: Budgets, rng: np.random.Generator) -> tuple[np.ndarray, Box]:
    """Prices and a box around them, from samples of the source."""
    box, prices = everything(budgets), np.zeros(len(budgets.limits))
    sizes = [size for size in SAMPLES if 2 * size <= source.n_users]
    if not sizes:
        return prices, box
    largest = sample(source, sizes[-1], rng)
    for size in sizes:
        few = take(largest, np.sort(rng.choice(len(largest), size, replace=False))) if size < len(largest) else largest
        crowd = screened([few], budgets, box, prices)
        room = budgets.limits * (size / source.n_users) - crowd.used
        first = WARM if prices.any() else FIRST
        prices = find_prices(crowd.open, room, prices, first, ROUGH).prices
        box = around(prices, budgets, few)
    return prices, box
