"""What a group says of itself: how many people, and the sums that a mean, its spread and its skew are made of. They add.

Two numbers a person: the outcome y, and the covariate x known before the campaign. Sums are around the group's own means, and
two groups' sums are shifted to the joint mean before they are added (Chan, Golub & LeVeque 1979; Pébay 2008 for the third
powers), so large cents lose no digits. No person can be read out of them; `k_anonymous` says when too few stand behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

MIN_PEOPLE = 10
"""Fewer people than this are never reported on."""
_ORDER = 3


def of_enough(n: int, n_people: int) -> int | None:
    """A count of what `n_people` did, or of them; None where it or they are too few to be told of. 0 is nobody."""
    return n if n == 0 or min(n, n_people) >= MIN_PEOPLE else None


@dataclass(frozen=True, eq=False)
class Moments:
    """n people with the means of y and x; `sums` float64[4, 4]: [i, j] is Σ (y − ȳ)^i (x − x̄)^j where i + j ≤ 3."""

    n: int
    mean_y: float
    mean_x: float
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, y: ArrayLike, x: ArrayLike | None = None) -> Moments:
        """Of float64[n] outcomes and, row-aligned, covariates (none: all 0). Raises ValueError on what is not finite."""
        own = np.asarray(y, dtype=np.float64)
        other = np.zeros(len(own)) if x is None else np.asarray(x, dtype=np.float64)
        if own.shape != other.shape or own.ndim != 1 or not (np.isfinite(own).all() and np.isfinite(other).all()):
            raise ValueError("outcomes and covariates are two finite columns of one length")
        if not len(own):
            return cls(0, 0.0, 0.0, np.zeros((_ORDER + 1, _ORDER + 1)))
        mean_y, mean_x = float(own.mean()), float(other.mean())
        powers_y, powers_x = (np.vander(v, _ORDER + 1, increasing=True) for v in (own - mean_y, other - mean_x))
        return cls(len(own), mean_y, mean_x, _kept(powers_y.T @ powers_x))

    def __add__(self, other: Moments) -> Moments:
        """Both groups as one."""
        n = self.n + other.n
        if not n:
            return self
        mean_y = (self.n * self.mean_y + other.n * other.mean_y) / n
        mean_x = (self.n * self.mean_x + other.n * other.mean_x) / n
        return Moments(n, mean_y, mean_x, self._about(mean_y, mean_x) + other._about(mean_y, mean_x))

    @property
    def k_anonymous(self) -> bool:
        """Whether enough people stand behind the numbers to tell them."""
        return self.n >= MIN_PEOPLE

    def adjusted(self, theta: float, x_at: float) -> tuple[float, float, float]:
        """Mean, variance and third central moment of y − theta · (x − x_at), unbiased ones; 3 people or more."""
        sums = [
            sum(comb(k, j) * (-theta) ** j * float(self.sums[k - j, j]) for j in range(k + 1))
            for k in range(_ORDER + 1)
        ]
        n = self.n
        third = n * sums[3] / ((n - 1) * (n - 2))
        return self.mean_y - theta * (self.mean_x - x_at), max(sums[2], 0.0) / (n - 1), third

    def _about(self, mean_y: float, mean_x: float) -> NDArray[np.float64]:
        """The same sums around other means, by the binomial theorem."""
        shift_y, shift_x = (
            np.array(
                [[comb(k, i) * by ** (k - i) if i <= k else 0.0 for i in range(_ORDER + 1)] for k in range(_ORDER + 1)]
            )
            for by in (self.mean_y - mean_y, self.mean_x - mean_x)
        )
        return _kept(shift_y @ self.sums @ shift_x.T)


def _kept(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Only the powers up to the third in all: the rest would not shift rightly."""
    order = np.add.outer(np.arange(_ORDER + 1), np.arange(_ORDER + 1))
    return np.where(order <= _ORDER, sums, 0.0)
