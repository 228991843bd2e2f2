"""How the score of two forms splits into the parts that `reasons.py` puts into words: exact Shapley values, summed by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from models.block import Block
from models.columns import values
from models.form import Form
from models.likes import likes
from models.ragged import Ragged, products
from models.reasons import Splits
from models.signals import Signals, signals_of
from models.terms import Ask

KINDS: Mapping[str, tuple[str, ...]] = {
    "usual": ("habit", "lately", "latest", "count", "rebuy", "repeat", "faithful"),
    "timing": ("recency", "ready", "days"),
    "similar": ("together", "next", "alike", "als", "cold"),
    "popular": ("popularity", "month", "week", "taken", "taken_last", "company", "final"),
    "local": ("here",),
}
"""Part of the score to the terms that make it. What only the user is (`USER_TERMS`) belongs to the base, or to the usual."""


@dataclass(frozen=True)
class FormGrounds:
    """Of questions that each know a product."""

    block: Block
    usual: Form
    new: Form

    @classmethod
    def of(cls, asks: Sequence[Ask], usual: Form, new: Form) -> FormGrounds:
        """Of one question or several."""
        return cls(Block.of(asks), usual, new)

    @property
    def asks(self) -> Sequence[Ask]:
        """The questions."""
        return self.block.asks

    @cached_property
    def signals(self) -> Signals:
        """What both forms read."""
        return signals_of(self.block)

    @cached_property
    def usual_values(self) -> np.ndarray:
        """float32[K, T]: the usual form's terms of the products owned."""
        return values(self.usual.terms, self.signals, self.block.owned)

    def splits(self, told: Ragged, places: np.ndarray) -> Splits:
        """See Ground."""
        base = float(self.new.matrix[-1, -1])
        parts = np.empty((len(KINDS) + 1, len(told.rows)))
        owned = places >= 0
        if owned.any():
            mine = told.kept(owned)
            own = self._kinds(self.usual, self.usual_values.T.take(places[owned], axis=1).T, mine.bounds)
            # Above a product never bought: what having bought it means for this user is of the usual too.
            own[_USUAL] += float(self.usual.matrix[-1, -1]) - base + own[-1]
            own[-1] = 0.0
            parts[:, owned] = own
        if not owned.all():
            rest = told.kept(~owned)
            others = self._kinds(self.new, values(self.new.terms, self.signals, rest), rest.bounds)
            others[_POPULAR] += others[_USUAL]  # how often others buy it again says nothing of a habit
            others[_USUAL] = 0.0
            parts[:, ~owned] = others
        usual, timing, similar, popular, local, person = parts
        return Splits(base + person, usual, timing, similar, popular, local, likes(self.signals, told, places))

    def _kinds(self, form: Form, told: np.ndarray, bounds: Sequence[int]) -> np.ndarray:
        """float64[kinds + 1, m]: the shares of the terms told float32[m, T], summed by kind; the rest is last."""
        return products(_kind_of(form.terms), form.shares(told, bounds).T, bounds)


_USUAL, _POPULAR = (list(KINDS).index(kind) for kind in ("usual", "popular"))


@lru_cache(maxsize=8)
def _kind_of(terms: tuple[str, ...]) -> np.ndarray:
    """float64[kinds + 1, T]: 1 where a term belongs to a kind, in the last row where it belongs to none."""
    found = np.array([[float(name in names) for name in terms] for names in KINDS.values()])
    return np.vstack([found, 1.0 - found.sum(axis=0)])
