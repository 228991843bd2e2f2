"""Product-to-product tables: for each product the few that go with it, and how much. No person is in them.

Item-based neighbours (Sarwar et al. 2001; Deshpande & Karypis 2004): `together` in one basket, `next` at the next visit, `alike`
bought by the same people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SHARP, _ONE = np.float32(20.0), np.float32(1.0)


@dataclass(frozen=True)
class Neighbours:
    """Row i of rows int32[n, m] and values float32[n, m] >= 0: the neighbours of product i; 0 where there are fewer."""

    rows: np.ndarray
    values: np.ndarray

    def reach(self, owned: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """float32[n]: Σ_i weight_i · value(i → j) over the products `owned` int32[k], weight float32[k] >= 0."""
        values = self.values.take(owned, axis=0) * weight[:, None]
        rows = self.rows.take(owned, axis=0)
        # Where many reach one product, `np.add.at` is twenty times slower.
        reached = np.bincount(rows.ravel(), values.ravel(), minlength=len(self.rows))
        return reached.astype(np.float32)

    def reached(self, owned: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of `owned` int32[k] reaches which of `rows` int64[m], distinct: (place there, place in owned, float32 value)."""
        place = np.full(len(self.rows), -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        at = place.take(self.rows.take(owned, axis=0)).ravel()
        hit = np.flatnonzero(at >= 0)
        by, column = np.divmod(hit, self.rows.shape[1])
        return at[hit], by, self.values[owned[by], column]


def sharpened(reach: np.ndarray) -> np.ndarray:
    """float32, of any shape: log(1 + 20·reach), 0 for what is not reached at all."""
    value = _SHARP * reach
    value += _ONE  # log is several times faster than log1p where a processor has no vectors for the latter
    return np.asarray(np.log(value, out=value))
