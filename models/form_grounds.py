"""How the score of two forms splits into the parts that `reasons.py` puts into words: exact Shapley values, summed by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from models.columns import Signals, signals_of, values
from models.form import Form
from models.reasons import Split
from models.start import start
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
    """One question's."""

    ask: Ask
    usual: Form
    new: Form

    @cached_property
    def start(self) -> np.ndarray:
        """float32[n]: the score of somebody without a known history; one for all products that are told of."""
        return start(self.ask)

    @cached_property
    def signals(self) -> Signals:
        """What both forms read."""
        return signals_of(self.ask)

    def split(self, row: int) -> Split:
        """The parts of one product row's score."""
        rows = np.array([row])
        return self.splits(rows, self.ask.places_of(rows))[0]

    def splits(self, rows: np.ndarray, places: np.ndarray) -> list[Split]:
        """See Ground. Without a known history all of a score is what sells."""
        if not len(self.ask.rows):
            return [self._start(row) for row in rows.tolist()]
        base = float(self.new.matrix[-1, -1])
        parts = np.empty((len(rows), len(KINDS) + 1))
        owned = places >= 0
        if owned.any():
            mine = self._kinds(self.usual, self.signals.usual(self.usual.terms)[places[owned]])
            # Above a product never bought: what having bought it means for this user is of the usual too.
            mine[:, _USUAL] += float(self.usual.matrix[-1, -1]) - base + mine[:, -1]
            mine[:, -1] = 0.0
            parts[owned] = mine
        if not owned.all():
            others = self._kinds(self.new, values(self.new.terms, self.signals, rows[~owned]))
            others[:, _POPULAR] += others[:, _USUAL]  # how often others buy it again says nothing of a habit
            others[:, _USUAL] = 0.0
            parts[~owned] = others
        return [
            Split(base + person, usual, timing, similar, popular, local, like)
            for usual, timing, similar, popular, local, person, like in zip(
                *parts.T.tolist(), self._likes(rows, places), strict=True
            )
        ]

    def _kinds(self, form: Form, told: np.ndarray) -> np.ndarray:
        """float64[m, kinds + 1]: the shares of the terms told float32[m, T], summed by kind; the rest is last."""
        return form.shares(told) @ _kind_of(form.terms)

    def _start(self, row: int) -> Split:
        chain = self.ask.parts.arrays["popularity_global"]
        even = -float(np.log(len(chain)))
        popular = float(chain[row]) - even
        local = float(self.ask.log_popularity[row] - chain[row])
        return Split(base=float(self.start[row]) - popular - local, popular=popular, local=local)

    def _likes(self, rows: np.ndarray, places: np.ndarray) -> list[int | None]:
        """For each row the place of the product owned that reaches it most, itself left out; None when none does."""
        n_owned = len(self.ask.rows)
        each = np.zeros((len(rows), n_owned))
        for reaching, links in self.signals.links.values():
            at, by, reach = links.onto(rows)
            total = np.bincount(at * n_owned + reaching[by], reach, each.size)
            each += total.reshape(each.shape)
        owned = np.flatnonzero(places >= 0)
        each[owned, places[owned]] = 0.0
        best = each.argmax(axis=1)
        most = each[np.arange(len(rows)), best]
        return [place if reach > 0 else None for place, reach in zip(best.tolist(), most.tolist(), strict=True)]


_USUAL, _POPULAR = (list(KINDS).index(kind) for kind in ("usual", "popular"))


@lru_cache(maxsize=8)
def _kind_of(terms: tuple[str, ...]) -> np.ndarray:
    """float64[T, kinds + 1]: 1 where a term belongs to a kind, in the last column where it belongs to none."""
    found = np.array([[float(name in names) for names in KINDS.values()] for name in terms])
    return np.column_stack([found, 1.0 - found.sum(axis=1)])
