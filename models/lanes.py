"""Columns as wide as a multiple of what BLAS takes at a stride: so the sum at one place is the same, to the last bit, whatever
stands beside it, and some places may be reckoned without the others. The rest of a row BLAS would add up in another order.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from models.ragged import Ragged

LANES = 32
"""Numbers at a stride, at most, of OpenBLAS's and of any plain BLAS's kernels for float32."""


def widened(columns: np.ndarray, filling: float = 0.0) -> np.ndarray:
    """float32[t, n'] of columns float32[t, n]: n' the next multiple of LANES, `filling` beyond n."""
    found = np.full((len(columns), -(-columns.shape[1] // LANES) * LANES), filling, np.float32)
    found[:, : columns.shape[1]] = columns
    return found


class Lanes(NamedTuple):
    """Product rows of several questions end to end, each question's followed by row 0 up to a multiple of LANES."""

    rows: np.ndarray
    """int64[m']."""
    question: np.ndarray
    """int64[m']: the question of each, ascending."""
    at: np.ndarray
    """int64[m]: where each row that was asked for stands."""
    bounds: tuple[int, ...]
    """One more than there are questions."""

    @classmethod
    def of(cls, wanted: Ragged) -> Lanes:
        """wanted: m rows."""
        sizes = [-(-(end - start) // LANES) * LANES for start, end in pairwise(wanted.bounds)]
        bounds = (0, *accumulate(sizes))
        shift = np.array(bounds[:-1]) - np.array(wanted.bounds[:-1])
        at = np.arange(len(wanted.rows)) + shift.take(wanted.of)
        rows = np.zeros(bounds[-1], np.int64)
        rows[at] = wanted.rows
        return cls(rows, np.arange(len(sizes)).repeat(sizes), at, bounds)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """float32[m'] of float32[m]: nought at the rows that nobody asked for."""
        found = np.zeros(len(self.rows), np.float32)
        found[self.at] = values
        return found
