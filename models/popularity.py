"""What sells: a store's counts in one daypart, shrunk to the chain's shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cell:
    """Counts of what sold in one place and time. rows int32[k] distinct ascending; counts float32[k] > 0."""

    rows: np.ndarray
    counts: np.ndarray
    total: float

    @staticmethod
    def empty() -> Cell:
        """A place or time of which nothing is known."""
        return Cell(np.empty(0, np.int32), np.empty(0, np.float32), 0.0)

    def sold(self, rows: np.ndarray) -> np.ndarray:
        """float32[m]: counts of product rows int64[m], 0 for what did not sell."""
        if not len(self.rows):
            return np.zeros(len(rows), np.float32)
        rows = rows.astype(self.rows.dtype)  # or all of the cell's would be
        places = np.minimum(self.rows.searchsorted(rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.counts[places], np.float32(0.0))

    @staticmethod
    def dense(counts: np.ndarray) -> Cell:
        """The cell of counts float[n], one per product row."""
        rows = np.flatnonzero(counts).astype(np.int32)
        return Cell(rows, counts[rows].astype(np.float32), float(counts.sum(dtype=np.float64)))


@dataclass(frozen=True)
class LocalCounts:
    """Counts per store and daypart as CSR: cell c = store * n_dayparts + daypart is `rows[indptr[c]:indptr[c + 1]]`.

    indptr int64[n_stores * n_dayparts + 1]; rows int32[nnz], ascending within a cell; counts float32[nnz] > 0.
    """

    indptr: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    n_products: int
    chain: tuple[Cell, ...]
    """Per daypart, all stores together."""

    @classmethod
    def of(
        cls, indptr: np.ndarray, rows: np.ndarray, counts: np.ndarray, n_products: int, n_dayparts: int
    ) -> LocalCounts:
        """Add up the chain's dayparts once, at load."""
        daypart = np.repeat(np.arange(len(indptr) - 1) % n_dayparts, np.diff(indptr))
        chain = tuple(
            Cell.dense(np.bincount(rows[daypart == d], weights=counts[daypart == d], minlength=n_products))
            for d in range(n_dayparts)
        )
        return cls(indptr, rows, counts, n_products, chain)

    def cell(self, store: int | None, daypart: int | None) -> Cell:
        """What sold in a store and daypart; either may be unknown (None) and is then summed over, both give nothing."""
        if store is None:
            return Cell.empty() if daypart is None else self.chain[daypart]
        first = store * len(self.chain)
        if daypart is None:
            span = slice(self.indptr[first], self.indptr[first + len(self.chain)])
            return Cell.dense(np.bincount(self.rows[span], weights=self.counts[span], minlength=self.n_products))
        span = slice(self.indptr[first + daypart], self.indptr[first + daypart + 1])
        return Cell(self.rows[span], self.counts[span], float(self.counts[span].sum(dtype=np.float64)))


def log_popularity(log_global: np.ndarray, cell: Cell, strength: float) -> np.ndarray:
    """float32[n]: log of the cell's shares shrunk to the chain's, log((c + m·p) / (N + m)).

    log_global float32[n] = log p, the chain's smoothed shares; m = `strength` > 0 pseudo-counts (the posterior mean
    under a Dirichlet prior m·p, MacKay & Peto 1995). An empty cell gives log_global; the result sums to 1 if p does.
    """
    offset = np.float32(np.log(strength / (cell.total + strength)))
    local: np.ndarray = log_global + offset
    prior = strength * np.exp(log_global[cell.rows].astype(np.float64))
    local[cell.rows] = np.log((cell.counts + prior) / (cell.total + strength))
    return local


def lift(log_global: np.ndarray, cell: Cell, strength: float) -> np.ndarray:
    """float32[n]: log((c + m·p) / (m·p)), how much more a product sold in the cell than m pseudo-counts; 0 where it did not."""
    lifted = np.zeros(len(log_global), dtype=np.float32)
    lifted[cell.rows] = np.log1p(cell.counts / (strength * np.exp(log_global[cell.rows].astype(np.float64))))
    return lifted
