"""A quadratic form in named terms: every term, its square and every pair of two, as one symmetric matrix.

With z = clip(t, low, high) − centre and a 1 appended, score = [z 1] · M · [z 1]ᵀ. A logistic regression on all terms and their
pairs is exported as this: it lets a weight lean on every other term (a factorisation machine of full rank: Rendle 2010), costs
two small products of matrices, and splits without rest (`shares`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.ragged import products


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
        return np.ascontiguousarray(self.matrix[:-1, :-1])

    @cached_property
    def _pairs_wide(self) -> np.ndarray:
        return self.pairs.astype(np.float64)

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
        part = values.clip(self.low[place], self.high[place])
        part *= self.linear[place]
        return np.asarray(part)

    def score(self, values: np.ndarray, bounds: Sequence[int] | None = None) -> np.ndarray:
        """float32[m]: the logit of each row of values float32[m, T]; bounds: of several questions' rows, as in `Ragged`."""
        if len(values) == 1:  # which numpy would sum in another order than several
            return self.score(np.repeat(values, 2, axis=0), None if bounds is None else (0, 1, 2))[:1]
        z = self.standing(values).T
        pull = self._pull(z, bounds)
        pull *= z
        score = np.add.reduce(pull, axis=0)
        score += self.matrix[-1, -1]
        return np.asarray(score)

    def shares(self, values: np.ndarray, bounds: Sequence[int] | None = None) -> np.ndarray:
        """float64[m, T]: what each term adds to the score above that of a row at the centre; the rest is `matrix[-1, -1]`.

        The exact Shapley values of a quadratic form (Lundberg & Lee 2017): a pair's part is halved between its two terms.
        """
        z = self.standing(values).T.astype(np.float64)
        pull = self._pull(z, bounds)
        pull *= z
        return pull.T

    def _pull(self, z: np.ndarray, bounds: Sequence[int] | None) -> np.ndarray:
        """float[T, m]: what a step of each term adds where all others stand at z float[T, m]."""
        pull = products(self.pairs if z.dtype == np.float32 else self._pairs_wide, z, _bounds(z, bounds))
        pull += self.linear[:, None]
        return pull


def _bounds(columns: np.ndarray, bounds: Sequence[int] | None) -> Sequence[int]:
    return (0, columns.shape[1]) if bounds is None else bounds
