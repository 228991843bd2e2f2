"""A quadratic form in named terms: every term, its square and every pair of two, as one symmetric matrix.

With z = clip(t, low, high) − centre and a 1 appended, score = [z 1] · M · [z 1]ᵀ. A logistic regression on all terms and their
pairs is exported as this: it lets a weight lean on every other term (a factorisation machine of full rank: Rendle 2010), costs
two small products of matrices, and splits without rest (`shares`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Form:
    """low, high, centre float32[T] align with `terms`; matrix float32[T+1, T+1], symmetric, the constant 1 last."""

    terms: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    centre: np.ndarray
    matrix: np.ndarray

    @classmethod
    def of(cls, terms: tuple[str, ...], ranges: np.ndarray, matrix: np.ndarray) -> Form:
        """ranges float32[T, 3]: low, high and centre of each term, as an artifact keeps them."""
        return cls(terms, ranges[:, 0].copy(), ranges[:, 1].copy(), ranges[:, 2].copy(), matrix)

    def part(self, terms: tuple[str, ...]) -> Form:
        """The form of those of its terms that are among these, all others at their centres."""
        places = [place for place, name in enumerate(self.terms) if name in terms]
        corner = np.ix_([*places, -1], [*places, -1])
        kept = tuple(self.terms[place] for place in places)
        return Form(kept, self.low[places], self.high[places], self.centre[places], self.matrix[corner])

    @cached_property
    def pairs(self) -> np.ndarray:
        """float32[T, T]."""
        return self.matrix[:-1, :-1]

    @cached_property
    def linear(self) -> np.ndarray:
        """float32[T]: twice the last column, as the constant meets each term from both sides."""
        return 2.0 * self.matrix[:-1, -1]

    def standing(self, values: np.ndarray) -> np.ndarray:
        """float32[m, T]: how far values float32[m, T] stand from the centre. Nothing counts beyond what training met."""
        z = np.maximum(values, self.low)
        np.minimum(z, self.high, out=z)
        z -= self.centre
        return z

    def alone(self, name: str, values: np.ndarray) -> np.ndarray:
        """float32[m]: what a term without pairs adds, values float32[m] as they come."""
        place = self.terms.index(name)
        part = np.clip(values, self.low[place], self.high[place])
        part *= self.linear[place]
        return np.asarray(part)

    def score(self, values: np.ndarray) -> np.ndarray:
        """float32[m]: the logit of each row of values float32[m, T]."""
        z = self.standing(values)
        score = np.einsum("mt,mt->m", z @ self.pairs + self.linear, z)
        return np.asarray(score + self.matrix[-1, -1], dtype=np.float32)

    def shares(self, values: np.ndarray) -> np.ndarray:
        """float64[m, T]: what each term adds to the score above that of a row at the centre; the rest is `matrix[-1, -1]`.

        The exact Shapley values of a quadratic form (Lundberg & Lee 2017): a pair's part is halved between its two terms.
        """
        z = self.standing(values).astype(np.float64)
        return np.asarray((z @ self.pairs + self.linear) * z)
