"""Product-to-product tables: for each product the few that go with it, and how much. No person is in them.

Item-based neighbours (Sarwar et al. 2001; Deshpande & Karypis 2004): `together` in one basket, `next` at the next visit, `alike`
bought by the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.ragged import Ragged

_SHARP, _ONE = np.float32(20.0), np.float32(1.0)


class Links(NamedTuple):
    """What r products owned by any of B questions reach, m each, among n products: row j of question q has the key q·n + j."""

    keys: np.ndarray
    """int64[r·m]."""
    values: np.ndarray
    """float32[r·m]: how much."""
    each: int
    """m."""
    shape: tuple[int, int]
    """(B, n)."""

    def reach(self) -> np.ndarray:
        """float32[B, n]: Σ_i values_ij over the links that end at each product."""
        found = np.zeros(self.shape, np.float32)
        np.add.at(found.reshape(-1), self.keys, self.values)  # of int64 and equal floats faster than bincount
        return found

    def onto(self, marked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The links that end where bool[B·n] holds: (key there int64, place among the r int64, how much float32)."""
        hit = marked.take(self.keys).nonzero()[0]
        return self.keys.take(hit), hit // max(self.each, 1), self.values.take(hit)


@dataclass(frozen=True)
class Neighbours:
    """Row i of rows int32[n, m] and values float32[n, m] >= 0: the neighbours of product i; 0 where there are fewer."""

    rows: np.ndarray
    values: np.ndarray

    def links(self, owned: Ragged, weight: np.ndarray) -> Links:
        """From the products `owned`, r in all, each value times that product's weight float32[r] >= 0."""
        values = self.values.take(owned.rows, axis=0)
        values *= weight[:, None]
        n, each = self.rows.shape
        keys = np.add(self.rows.take(owned.rows, axis=0), (owned.of * n)[:, None], dtype=np.int64)
        return Links(keys.reshape(-1), values.reshape(-1), each, (len(owned.bounds) - 1, n))


def sharpened(reach: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """float32, of any shape: log(1 + 20·reach), 0 for what is not reached at all; written to `out` when that is given."""
    value = np.multiply(reach, _SHARP, out=out)
    value += _ONE  # log is several times faster than log1p where a processor has no vectors for the latter
    return np.asarray(np.log(value, out=value))
