"""Polishing a plan of few rows: to the proven optimum where the search gets there, else neighbourhood by neighbourhood.

A neighbourhood is a store or two: everybody who is given nothing or something there may be given anything else there,
searched exactly while all others stay as they are (Shaw 1998, large neighbourhood search).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from offers.labels import Effort, search
from offers.options import Options, options_of
from offers.rows import Rows

WIDTHS = (300, 3_000, 30_000)
EFFORT = 4e8
"""Numbers written by the search for a proof before it is given up: some seconds."""
NEAR, LOCAL_WIDTH = 40, 1_000


@dataclass(frozen=True)
class Plan:
    """options' number for each chooser; falls short of the dual bound by `short` cents (regrets and unused price)."""

    taken: np.ndarray
    short: float


def polished(
    rows: Rows, room: np.ndarray, prices: np.ndarray, bound: float, pick: np.ndarray, seed: int, effort: float = EFFORT
) -> tuple[np.ndarray, bool]:
    """A plan at least as good as `pick` (int64[R], within `room`), and whether it is proven that none is better.

    bound: the dual of the rows at the prices.
    """
    short = bound - float(rows.value[pick[pick >= 0]].sum())
    nothing_lost = 1e-9 * (1.0 + abs(bound))
    if short <= nothing_lost:
        return pick, True
    for width in WIDTHS:
        options = options_of(rows, prices, short)
        work = Effort(effort)
        found = None if options is None else search(options, room, prices, short - nothing_lost, width, work)
        if options is not None and found is not None:
            pick = _picked(rows, options, found)
            short = bound - float(rows.value[pick[pick >= 0]].sum())
        if options is not None and not work.cut:
            return pick, True
        if options is None or work.left < 0:
            break
    return pick, False


def _picked(rows: Rows, options: Options, taken: np.ndarray) -> np.ndarray:
    pick = np.full(len(rows), -1, dtype=np.int64)
    for option in taken.tolist():
        for arm in options.arms[option]:
            pick[rows.row[arm]] = arm
    return pick
