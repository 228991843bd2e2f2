"""How the score of two forms splits into the parts that `reasons.py` puts into words: exact Shapley values, summed by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from models.best import Best, Sought, best_of, best_of_all, better
from models.block import Block
from models.ceiling import Ceiling
from models.columns import values
from models.form import Form
from models.likes import likes
from models.new_form import NewForm
from models.ragged import Ragged, products
from models.reasons import Splits
from models.signals import Signals, signals_of

KINDS: Mapping[str, tuple[str, ...]] = {
    "usual": ("habit", "lately", "latest", "count", "rebuy", "repeat", "faithful"),
    "timing": ("recency", "ready", "days"),
    "similar": ("together", "next", "alike", "als", "cold"),
    "popular": ("popularity", "month", "week", "taken", "taken_last", "company", "final"),
    "local": ("here",),
}
"""Part of the score to the terms that make it. What only the user is (`USER_TERMS`) belongs to the base, or to the usual."""
FEW = 30_000
"""Fewer products times questions are scored sooner than it is found out which ones need to be."""
MANY = 4
"""Where more than one product in so many may be among the best, all are scored."""


@dataclass(frozen=True)
class FormGrounds:
    """Of questions that each know a product."""

    block: Block
    usual: Form
    new: NewForm
    ceiling: Ceiling

    @cached_property
    def signals(self) -> Signals:
        """What both forms read."""
        return signals_of(self.block)

    @cached_property
    def usual_values(self) -> np.ndarray:
        """float32[K, T]: the usual form's terms of the products owned."""
        return values(self.usual.terms, self.signals, self.block.owned)

    @cached_property
    def usual_scores(self) -> np.ndarray:
        """float32[K]: the scores of the products owned."""
        return self.usual.score(self.usual_values, self.block.owned.bounds)

    @cached_property
    def told(self) -> np.ndarray:
        """float32[B, U]: where the user of each question stands."""
        return self.new.told(self.signals)

    def score(self, place: int) -> np.ndarray:
        """See Ground: all as new, then over it what is owned as usual."""
        score, owned = self.new.every(self.signals, place, self.told[place]), self.block.owned
        mine = slice(*owned.bounds[place : place + 2])
        score[owned.rows[mine]] = self.usual_scores[mine]
        return score

    def best(self, wanted: Mapping[int, Sought]) -> dict[int, Best]:
        """See Ground: of what is not owned only what may come before the k-th best of what is."""
        if len(wanted) * len(self.new.base) < FEW:
            return {place: best_of_all(self.score(place), *sought) for place, sought in wanted.items()}
        owned, found, others = self.block.owned, {}, [np.empty(0, np.int64)] * len(self.block.asks)
        steps, more = self.ceiling.asked(self.block.asks, self.told)
        for place, sought in wanted.items():
            start, end = owned.bounds[place : place + 2]
            rows = owned.rows[start:end]
            best = best_of(rows, self.usual_scores[start:end] + sought.struck.take(rows), sought.k)
            few = None
            if 0 < sought.k == len(best.rows):
                few = self.ceiling.hopeful(steps[place], best.scores[-1] - more[place], rows)
            if few is None or len(few) > len(sought.struck) // MANY:
                best = best_of_all(self.score(place), *sought)
            else:
                others[place] = few[sought.struck.take(few) == 0.0]
            found[place] = best
        if any(len(rows) for rows in others):
            told = Ragged.of_each(others)
            scores = self.new.some(self.signals, self.told, told)
            for place, (start, end) in enumerate(pairwise(told.bounds)):
                if start < end:
                    found[place] = better(found[place], told.rows[start:end], scores[start:end])
        return found

    def splits(self, told: Ragged, places: np.ndarray) -> Splits:
        """See Ground."""
        form = self.new.form
        base = float(form.matrix[-1, -1])
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
            others = self._kinds(form, values(form.terms, self.signals, rest), rest.bounds)
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
