"""Product rows of several questions, end to end: a pass over all costs little more than one over one's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np


class Ragged(NamedTuple):
    """Question q's are `rows[bounds[q]:bounds[q + 1]]`."""

    rows: np.ndarray
    """int64[m]."""
    of: np.ndarray
    """int64[m]: the question of each row, ascending."""
    bounds: tuple[int, ...]
    """One more than there are questions."""

    @classmethod
    def of_each(cls, several: Sequence[np.ndarray]) -> Ragged:
        """several: int[m_q] for each question."""
        sizes = [len(rows) for rows in several]
        rows = np.concatenate(several, dtype=np.int64) if several else np.empty(0, np.int64)
        return cls(rows, np.arange(len(sizes)).repeat(sizes), (0, *accumulate(sizes)))

    def kept(self, which: np.ndarray) -> Ragged:
        """Those of its rows where bool[m] holds, or at places int64[k], question after question."""
        of = self.of[which]
        return Ragged(self.rows[which], of, tuple(of.searchsorted(np.arange(len(self.bounds))).tolist()))

    def each(self) -> list[np.ndarray]:
        """int64[m_q] for each question."""
        return [self.rows[start:end] for start, end in pairwise(self.bounds)]


def products(left: np.ndarray, right: np.ndarray, bounds: Sequence[int]) -> np.ndarray:
    """left @ right, float[s, m] of [s, t] and [t, m], the columns of one question at a time.

    BLAS rounds by the shape and steps that it is given: so each question's numbers are to the last bit what they'd be alone.
    """
    if len(bounds) == 2:
        return np.asarray(left @ np.ascontiguousarray(right))
    found = np.empty((len(left), right.shape[1]), np.result_type(left, right))
    for start, end in pairwise(bounds):
        found[:, start:end] = left @ np.ascontiguousarray(right[:, start:end])
    return found
