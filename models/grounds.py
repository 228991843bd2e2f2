"""How a linear blend's score splits into the parts that `reasons.py` puts into words; what all products share, reckoned once.

`base` is what a product of an even share of sales, which this user has never bought, would get.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.parts import Parts
from models.reasons import Split
from models.term_names import TERMS
from models.terms import Ask

_TIMED = ("recency", "due")
_SPLIT = ("als_seen", "cold_seen", "popularity_seen")


@dataclass(frozen=True)
class Grounds:
    """What the reasons of one user share, reckoned once: arrays are aligned with `ask.rows`."""

    parts: Parts
    ask: Ask
    inverse: np.ndarray
    """float64[f,f]: of the fold-in's matrix A."""
    usual: np.ndarray
    """float64[k]: the history terms, timing at its mean."""
    timed: np.ndarray
    """float64[k]: timing less its mean."""
    weights: Mapping[str, float]
    """Blend weights for a product off the history; 0 for terms that are not in the blend."""
    seen_weights: Mapping[str, float]
    """The same for one in the history: what weighs otherwise for the usual is added to its sibling."""

    def split(self, row: int) -> Split:
        """The parts of one product row's score, timing above the user's mean; likeness to itself belongs to the usual."""
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
        return Split(
            base=self._base(row),
            usual=usual,
            timing=timing,
            similar=float(shares.sum()),
            popular=weights["popularity"] * (chain + even),
            local=weights["popularity"] * (float(self.ask.log_popularity[row]) - chain),
            like=best if best is not None and shares[best] > 0 else None,
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


def grounds_of(parts: Parts, ask: Ask, terms: Mapping[str, np.ndarray]) -> Grounds:
    """Prepare. terms: float32[k] per history term, as `terms.history_terms` gives them."""
    weights = dict.fromkeys(TERMS, 0.0)
    weights |= zip(parts.options.blend_terms, parts.arrays["blend_weights"].tolist(), strict=True)
    seen = weights | {
        name.removesuffix("_seen"): weights[name.removesuffix("_seen")] + weights[name] for name in _SPLIT
    }
    usual, timed = np.zeros(len(ask.rows)), np.zeros(len(ask.rows))
    for name, values in terms.items():
        if name in _TIMED:
            timed += weights[name] * values
        elif name not in _SPLIT:
            usual += weights[name] * values
    mean = timed.mean() if len(timed) else 0.0
    usual += mean - weights["popularity_seen"] * math.log(len(parts.products))
    usual += weights["cold_seen"] * parts.arrays["cold_factors"][ask.rows, -1]
    return Grounds(parts, ask, np.linalg.inv(ask.normal), usual, timed - mean, weights, seen)
