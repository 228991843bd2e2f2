"""Polishing a plan of few rows: to the proven optimum where the search gets there, else neighbourhood by neighbourhood."""

from __future__ import annotations

import numpy as np

from offers.label_steps import Effort
from offers.labels import search
from offers.neighbourhoods import explored, taken_by
from offers.options import options_of
from offers.prices import find_prices
from offers.repair import left_over
from offers.rows import Rows

WIDTHS = (300, 3_000, 30_000, 300_000)
EFFORT = 6e7
"""Numbers written by a search for a proof before it is given up: seconds."""
FINE = (1e-3, 1e-9)
"""Smoothing of the prices a proof rests on."""


def polished(
    rows: Rows, room: np.ndarray, prices: np.ndarray, bound: float, pick: np.ndarray, seed: int, prove: bool
) -> tuple[np.ndarray, bool]:
    """A plan at least as good as `pick` (int64[R], within `room`), and whether it is proven that none is better.

    bound: the dual of the rows at the prices. prove: search for a proof; else only rows with near alternatives are moved.
    """
    room, spared = _whole(rows, room)
    bound -= float(prices @ spared)
    if prove:
        exact = find_prices(rows, room, prices, *FINE)
        prices, bound = (exact.prices, exact.bound) if exact.bound < bound else (prices, bound)
    tiny = 1e-8 * (1.0 + abs(bound))
    for width in WIDTHS if prove else (0,):
        short = bound - float(rows.value[pick[pick >= 0]].sum())
        if short <= tiny:
            return pick, True
        moving = np.flatnonzero(_movable(rows, prices, pick, short + tiny if prove else short / 8))
        few, mine, left = _among(rows, pick, moving, room)
        options = options_of(few, prices, short + tiny)
        if options is None:
            return pick, False
        work = Effort(EFFORT)
        found = search(options, left, prices, short - tiny, width, work) if prove else None
        if width == WIDTHS[0] * prove and (work.cut or not prove):
            taken = taken_by(options, mine) if found is None else found
            found = explored(options, left, prices, taken, np.random.default_rng(seed))
        if found is not None:
            arms = np.array([arm for option in found.tolist() for arm in options.arms[option]], dtype=np.int64)
            pick = pick.copy()
            pick[moving] = -1
            row = moving[few.row[arms]]
            pick[row] = rows.indptr[row] + arms - few.indptr[few.row[arms]]
        if prove and not work.cut:
            return pick, True
        if work.left < 0:
            break
    return pick, bound - float(rows.value[pick[pick >= 0]].sum()) <= tiny


def _whole(rows: Rows, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits cut to multiples of what all costs under them are multiples of, and what is cut off, which nobody can use."""
    common = np.zeros(len(room), dtype=np.int64)
    np.gcd.at(common, rows.store, rows.cost)
    common[0] = np.gcd.reduce(rows.cost) if len(rows) else 0
    common[-1] = 0
    spared = np.where(common > 1, room % np.maximum(common, 1), 0)
    return room - spared, spared


def _movable(rows: Rows, prices: np.ndarray, pick: np.ndarray, within: float) -> np.ndarray:
    """bool[R]: rows that have another arm, or nothing, with a regret of at most `within`; coupled rows always."""
    worth = rows.reduced(prices)
    best = np.maximum(np.maximum.reduceat(worth, rows.indptr[:-1]), 0.0)
    near = np.asarray(best[rows.row] - worth <= within)
    near[pick[pick >= 0]] = False
    some: np.ndarray = np.maximum.reduceat(near, rows.indptr[:-1])
    return some | ((pick >= 0) & (best <= within)) | (rows.group >= 0)


def _among(rows: Rows, pick: np.ndarray, moving: np.ndarray, room: np.ndarray) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Some rows alone, what is picked of them, and the room that is theirs while the others stay as they are."""
    few, chosen = rows.only(moving), pick[moving]
    mine = np.where(chosen < 0, -1, chosen - rows.indptr[moving] + few.indptr[:-1])
    fixed = pick.copy()
    fixed[moving] = -1
    return few, mine, left_over(rows, fixed, room)
