"""Questions asked together: the known products of their histories end to end, as columns of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from models.parts import Parts
from models.ragged import Ragged
from models.terms import Ask


@dataclass(frozen=True)
class Block:
    """B questions with K known products in all. Row i of every column is about product row `owned.rows[i]` of its question.

    A column has the name that it has in a `History`, so that `habit.py` reads either; `n_visits` is repeated for each product.
    """

    asks: Sequence[Ask] = field(repr=False)
    owned: Ragged
    counts: np.ndarray
    """float32[K]."""
    decayed: np.ndarray
    """float32[K]."""
    visits_since: np.ndarray
    """int64[K]."""
    last_at_s: np.ndarray
    """int64[K]."""
    n_visits: np.ndarray
    """int64[K]."""

    @classmethod
    def of(cls, asks: Sequence[Ask]) -> Block:
        """asks: one at least, of one artifact."""
        owned = Ragged.of_each([ask.rows for ask in asks])
        known = [ask.known for ask in asks]
        counts, decayed, last_visit, last_at_s = (
            np.concatenate([getattr(past, name) for past in known])
            for name in ("counts", "decayed", "last_visit", "last_at_s")
        )
        n_visits = np.array([past.n_visits for past in known]).take(owned.of)
        return cls(asks, owned, counts, decayed, n_visits - last_visit, last_at_s, n_visits)

    @property
    def parts(self) -> Parts:
        """The artifact's."""
        return self.asks[0].parts

    @cached_property
    def mean_since(self) -> np.ndarray:
        """float64[B]: visits since, on average over the products of a question."""
        n = len(self.asks)
        total, size = np.bincount(self.owned.of, self.visits_since, n), np.bincount(self.owned.of, minlength=n)
        return np.asarray(total / np.maximum(size, 1))

    @cached_property
    def _sorted(self) -> tuple[np.ndarray, np.ndarray]:
        keys = self._keys(self.owned)
        order = keys.argsort(kind="stable")
        return keys.take(order), order

    def places(self, told: Ragged) -> np.ndarray:
        """int64[m]: where in the columns each product row stands that its question owns; -1 for others."""
        keys, order = self._sorted
        if not len(keys):
            return np.full(len(told.rows), -1)
        wanted = self._keys(told)
        at = keys.searchsorted(wanted).clip(max=len(keys) - 1)
        return np.where(keys.take(at) == wanted, order.take(at), -1)

    def _keys(self, told: Ragged) -> np.ndarray:
        return told.of * len(self.parts.products) + told.rows
