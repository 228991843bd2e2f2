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
        if len(several) == 1:
            return cls(several[0].astype(np.int64), np.zeros(len(several[0]), np.int64), (0, len(several[0])))
        sizes = [len(rows) for rows in several]
        rows = np.concatenate(several, dtype=np.int64) if several else np.empty(0, np.int64)
        return cls(rows, np.arange(len(sizes)).repeat(sizes), (0, *accumulate(sizes)))

    def kept(self, which: np.ndarray) -> Ragged:
        """Those of its rows where bool[m] holds, or at places int64[k], question after question."""
        rows, of = self.rows[which], self.of[which]
        if len(self.bounds) == 2:
            return Ragged(rows, of, (0, len(rows)))
        return Ragged(rows, of, tuple(of.searchsorted(np.arange(len(self.bounds))).tolist()))

    def sizes(self) -> list[int]:
        """m_q for each question."""
        return [end - start for start, end in pairwise(self.bounds)]

    def each(self) -> list[np.ndarray]:
        """int64[m_q] for each question."""
        return [self.rows[start:end] for start, end in pairwise(self.bounds)]


def products(left: np.ndarray, right: np.ndarray, bounds: Sequence[int]) -> np.ndarray:
    """left @ right, float[s, m] of [s, t] and [t, m] of one dtype, the columns of one question at a time.

    BLAS rounds by the shape that it is given: so each question's numbers are to the last bit what they'd be alone.
    """
    found = np.empty((len(left), right.shape[1]), right.dtype)
    for start, end in pairwise(bounds):
        if end - start == 1:  # a vector's step counts too
            found[:, start] = left @ right[:, start].copy()
        else:
            np.matmul(left, right[:, start:end], out=found[:, start:end])
    return found
