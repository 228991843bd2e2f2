"""How a linear blend's score splits into the parts that `reasons.py` puts into words; what all products share, reckoned once.

`base` is what a product of an even share of sales, which this user has never bought, would get.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.best import Best, Sought, best_of_all
from models.block import Block
from models.parts import Parts
from models.ragged import Ragged
from models.reasons import Splits
from models.term_names import TERMS
from models.terms import Ask

_TIMED = ("recency", "due")
_SPLIT = ("als_seen", "cold_seen", "popularity_seen")


@dataclass(frozen=True)
class Grounds:
    """What the reasons of one user share. terms: float32[k] by history term, aligned with `ask.rows` as all arrays here."""

    parts: Parts
    ask: Ask
    terms: Mapping[str, np.ndarray]

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Blend weights for a product off the history; 0 for terms that are not in the blend."""
        blend = zip(self.parts.options.blend_terms, self.parts.arrays["blend_weights"].tolist(), strict=True)
        return {**dict.fromkeys(TERMS, 0.0), **dict(blend)}

    @cached_property
    def seen_weights(self) -> Mapping[str, float]:
        """The same for one in the history: what weighs otherwise for the usual is added to its sibling."""
        weights, plain = self.weights, [(name, name.removesuffix("_seen")) for name in _SPLIT]
        return {**weights, **{name: weights[name] + weights[seen] for seen, name in plain}}

    @cached_property
    def inverse(self) -> np.ndarray:
        """float64[f,f]: of the fold-in's matrix A."""
        return np.linalg.inv(self.ask.normal)

    @cached_property
    def _timing(self) -> np.ndarray:
        timing = np.zeros(len(self.ask.rows))
        for name in _TIMED:
            if name in self.terms:
                timing += self.weights[name] * self.terms[name]
        return timing

    @cached_property
    def timed(self) -> np.ndarray:
        """float64[k]: timing less its mean."""
        return np.asarray(self._timing - self._timing.mean()) if len(self._timing) else self._timing

    @cached_property
    def usual(self) -> np.ndarray:
        """float64[k]: the history terms, timing at its mean."""
        usual, weights = np.zeros(len(self.ask.rows)), self.weights
        for name, values in self.terms.items():
            if name not in _TIMED and name not in _SPLIT:
                usual += weights[name] * values
        usual += self._timing.mean() if len(usual) else 0.0
        usual -= weights["popularity_seen"] * math.log(len(self.parts.products))
        usual += weights["cold_seen"] * self.parts.arrays["cold_factors"][self.ask.rows, -1]
        return usual

    def split(self, row: int) -> tuple[float, ...]:
        """The parts of one product row's score as `Splits` has them, timing above the user's mean; likeness to itself belongs
        to the usual.
        """
        found = np.flatnonzero(self.ask.rows == row)
        weights = self.seen_weights if len(found) else self.weights
        shares = self._likeness(row, weights)
        usual = timing = 0.0
        if len(found):
            place = int(found[0])
            usual, timing = float(self.usual[place]) + float(shares[place]), float(self.timed[place])
            shares[place] = 0.0  # "like itself" says nothing
        best = int(np.argmax(shares)) if len(shares) else None
        chain, even = float(self.parts.arrays["popularity_global"][row]), math.log(len(self.parts.products))
        return (
            self._base(row),
            usual,
            timing,
            float(shares.sum()),
            weights["popularity"] * (chain + even),
            weights["popularity"] * (float(self.ask.log_popularity[row]) - chain),
            best if best is not None and shares[best] > 0 else -1,
        )

    def _base(self, row: int) -> float:
        bias = float(self.parts.arrays["cold_factors"][row, -1])
        even = -math.log(len(self.parts.products))
        return self.weights["intercept"] + self.weights["popularity"] * even + self.weights["cold"] * bias

    def _likeness(self, row: int, weights: Mapping[str, float]) -> np.ndarray:
        """float64[k]: what each past product adds, x_u · y_j = Σ_i c_i · y_i A^-1 y_j (Hu et al. 2008, section 5)."""
        ask, factors, cold = self.ask, self.parts.arrays["als_factors"], self.parts.arrays["cold_factors"]
        als = ask.confidence * (factors[ask.rows] @ (self.inverse @ factors[row]))
        share = ask.known.decayed / max(float(ask.known.decayed.sum()), 1e-30)
        mean = share * (cold[ask.rows, :-1] @ cold[row, :-1])
        return np.asarray(weights["als"] * als + weights["cold"] * mean, dtype=np.float64)


@dataclass(frozen=True)
class LinearGrounds:
    """Of several questions, one after the other."""

    block: Block
    each: Sequence[Grounds]
    scores: Sequence[np.ndarray]
    """float32[n] of each."""

    def score(self, place: int) -> np.ndarray:
        """See Ground."""
        return self.scores[place]

    def best(self, wanted: Mapping[int, Sought]) -> dict[int, Best]:
        """See Ground."""
        return {place: best_of_all(self.scores[place], *one) for place, one in wanted.items()}

    def splits(self, told: Ragged, places: np.ndarray) -> Splits:
        """See Ground."""
        pairs = zip(told.of.tolist(), told.rows.tolist(), strict=True)
        parts = np.array([self.each[of].split(row) for of, row in pairs]).reshape(-1, len(Splits._fields)).T
        base, usual, timing, similar, popular, local, like = parts
        return Splits(base, usual, timing, similar, popular, local, like.astype(np.int64))
