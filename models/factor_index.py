"""Exact maximum inner products: the best k of a shelf's products for one user's factors (`factor_block.py`: for many).

Rows are kept by length, longest first, so those that can't reach the k-th best any more, as |x||y| bounds x·y, are a tail that is
not read (LEMP: Teflioudi, Gemulla & Mykytiuk 2015). A fast float32 product names the contenders, with room for all its rounding
(`rescoring.py`), and they alone are scored exactly: the list is that of sorting every product by its exact score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.rescoring import LARGEST, LEAST, below, exact, length_of, lengths, rounding
from models.scoring import kth_of_peaks
from models.scratch import Scratch

_FEW, _MANY, _GROWTH = 1024, 16384, 8
"""Rows read before the first threshold, at least and at most, and how many times as many before each further one."""
_GROUPS = 512


@dataclass(frozen=True)
class Best:
    """int64 rows, greatest score first, ties by row; float64 scores, row-aligned."""

    rows: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class FactorIndex:
    """Products of one shelf. Built once, never changed, safe to share between threads."""

    rows: np.ndarray
    """int64[n]: the product row of each place."""
    factors: np.ndarray
    """float32[n,f], contiguous: the longest in the first place, ties by row."""
    fall: np.ndarray
    """float64[n], ascending: minus the length of each."""
    loud: int
    """Places before the first length of zero, where every score is zero."""
    first: int
    """Places read before the first threshold: those half as long as the longest or more; all, where those are most of them."""

    @classmethod
    def of(cls, factors: np.ndarray, rows: np.ndarray | None = None) -> FactorIndex:
        """A copy of those of factors float32[N,f] that are in rows int[n], all without. ValueError when one isn't finite."""
        held = np.arange(len(factors), dtype=np.int64) if rows is None else np.unique(rows).astype(np.int64)
        length = lengths(factors if rows is None else factors[held])
        if not np.isfinite(length).all():
            raise ValueError("factors hold NaN or infinity, which no order fits: fit them again")
        order = np.argsort(-length, kind="stable")
        held, fall = held[order], -length[order]
        loud = int(np.searchsorted(fall, 0.0))
        long = int(np.searchsorted(fall, fall[0] / 2)) if loud else 0
        first = min(max(long if 2 * long < loud else loud, _FEW), _MANY)
        return cls(held, np.ascontiguousarray(factors[held], dtype=np.float32), fall, loud, first)

    def best(
        self, user: np.ndarray, k: int, eligible: np.ndarray | None = None, scratch: Scratch | None = None
    ) -> Best:
        """The best k for user float32[f], of what is eligible bool[N] by product row. ValueError for a user that isn't finite."""
        length = length_of(user)
        if not math.isfinite(length):
            raise ValueError("the user's factors hold NaN or infinity")
        if k < 1 or not len(self.rows):
            return Best(np.empty(0, np.int64), np.empty(0))
        if length == 0.0:
            rows = self.lowest(k, eligible)
            return Best(rows, np.zeros(len(rows)))
        near = self._contenders(user, length, k, eligible, scratch or Scratch())
        score, rows = exact(self.factors, near, user), self.rows[near]
        order = np.lexsort((rows, -score))[:k]
        return Best(rows[order], score[order])

    def lowest(self, k: int, eligible: np.ndarray | None) -> np.ndarray:
        """int64[min(k, eligible)]: the first rows, which is the order of those that all score the same."""
        rows = self.rows if eligible is None else self.rows[eligible[self.rows]]
        return np.sort(rows)[:k]

    def silent(self, k: int, eligible: np.ndarray | None) -> np.ndarray:
        """int64[min(k, eligible)]: the first places that score zero for everybody."""
        places = np.arange(self.loud, len(self.rows))
        return (places if eligible is None else places[eligible[self.rows[places]]])[:k]

    def reach(self, length: float, least: float) -> int:
        """How many places, the first, may score `least` or more for a user of such length, above 0; silent ones left out."""
        return int(np.searchsorted(self.fall, -least / length, side="right")) if least > 0.0 else self.loud

    def _contenders(
        self, user: np.ndarray, length: float, k: int, eligible: np.ndarray | None, scratch: Scratch
    ) -> np.ndarray:
        """int64[c]: eligible places, of which the best k are surely some."""
        most = -length * float(self.fall[0])  # a numpy scalar would widen what it is compared with
        if not most < LARGEST:
            places = np.arange(len(self.rows))
            return places if eligible is None else places[eligible[self.rows]]
        slack = rounding(len(user), most)
        groups = max(_GROUPS, 4 << k.bit_length())
        score = scratch.array("score", (self.loud + groups,), np.float32)
        done, end, least = 0, min(self.loud, self.first), -math.inf
        while done < end:
            np.dot(self.factors[done:end], user, out=score[done:end])
            if eligible is not None:
                score[done:end][~eligible[self.rows[done:end]]] = -np.inf
            done, least = end, kth_of_peaks(score, end, groups, k)
            if done < self.loud:
                end = min(self.reach(length, least - slack), max(done * _GROWTH, _MANY))
        near = (score[:done] >= max(below(least - 2.0 * slack), LEAST)).nonzero()[0]
        return near if least > slack else np.concatenate((near, self.silent(k, eligible)))
