"""How the score of two forms splits into the parts that `reasons.py` puts into words: exact Shapley values, summed by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

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
    def signals(self) -> Signals:
        """What both forms read."""
        return signals_of(self.ask)

    def split(self, row: int) -> Split:
        """The parts of one product row's score; without a known history all of it is what sells."""
        if not len(self.ask.rows):
            return self._start(row)
        owned = np.flatnonzero(self.ask.rows == row)
        form = self.usual if len(owned) else self.new
        rows = self.ask.rows if len(owned) else np.array([row])
        place = int(owned[0]) if len(owned) else 0
        shares = dict(zip(form.terms, form.shares(values(form.terms, self.signals, rows))[place].tolist(), strict=True))
        parts = {kind: sum(shares.pop(name, 0.0) for name in names) for kind, names in KINDS.items()}
        base, person = float(self.new.matrix[-1, -1]), sum(shares.values())
        if len(owned):
            # Above a product never bought: what having bought it means for this user is of the usual too.
            parts["usual"] += float(form.matrix[-1, -1]) + person - base
            return Split(base=base, **parts, like=self._like(row))
        parts["popular"] += parts.pop("usual")  # how often others buy it again says nothing of a habit
        return Split(base=base + person, **parts, like=self._like(row))

    def _start(self, row: int) -> Split:
        chain = self.ask.parts.arrays["popularity_global"]
        even = -float(np.log(len(chain)))
        popular = float(chain[row]) - even
        local = float(self.ask.log_popularity[row] - chain[row])
        return Split(base=float(start(self.ask)[row]) - popular - local, popular=popular, local=local)

    def _like(self, row: int) -> int | None:
        """The product owned that reaches this one most, itself left out; None when none does."""
        ask = self.ask
        total = np.zeros(len(ask.rows))
        for name, (places, weight) in self.signals.reaching.items():
            total[places] += weight * ask.parts.neighbours[name].from_each(ask.rows[places], row)
        total[ask.rows == row] = 0.0
        best = int(np.argmax(total))
        return best if total[best] > 0 else None
