"""Product-to-product tables: for each product the few that go with it, and how much. No person is in them.

Item-based neighbours (Sarwar et al. 2001; Deshpande & Karypis 2004): `together` in one basket, `next` at the next visit, `alike`
bought by the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

_SHARP, _ONE = np.float32(20.0), np.float32(1.0)


class Links(NamedTuple):
    """What k products owned reach, m each: rows int64[k·m] and how much float32[k·m], of `n_products` in all."""

    rows: np.ndarray
    values: np.ndarray
    each: int
    """m."""
    n_products: int

    def reach(self) -> np.ndarray:
        """float32[n]: Σ_i values_ij over the links that end at each product."""
        found = np.zeros(self.n_products, np.float32)
        np.add.at(found, self.rows, self.values)  # of int64 and equal floats it is faster than bincount, and no copy
        return found

    def onto(self, marked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The links that end where bool[n] holds: (product row there int64, place among the owned int64, how much float32)."""
        hit = marked.take(self.rows).nonzero()[0]
        return self.rows.take(hit), hit // max(self.each, 1), self.values.take(hit)


@dataclass(frozen=True)
class Neighbours:
    """Row i of rows int32[n, m] and values float32[n, m] >= 0: the neighbours of product i; 0 where there are fewer."""

    rows: np.ndarray
    values: np.ndarray

    def links(self, owned: np.ndarray, weight: np.ndarray) -> Links:
        """From the products `owned` int32[k], each value times that product's weight float32[k] >= 0."""
        values = self.values.take(owned, axis=0)
        values *= weight[:, None]
        n, each = self.rows.shape
        return Links(self.rows.take(owned, axis=0).reshape(-1).astype(np.int64), values.reshape(-1), each, n)


def sharpened(reach: np.ndarray) -> np.ndarray:
    """float32, of any shape: log(1 + 20·reach), 0 for what is not reached at all."""
    value = _SHARP * reach
    value += _ONE  # log is several times faster than log1p where a processor has no vectors for the latter
    return np.asarray(np.log(value, out=value))
