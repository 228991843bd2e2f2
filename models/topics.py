"""Kinds of week: clusters of users' hours, of which each user is a blend (latent semantic analysis, Hofmann 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 12
PRIOR_VISITS = 2.5
"""Pseudo-visits by which a user's blend is shrunk to everybody's."""
_TINY = 1e-12


@dataclass(frozen=True)
class Topics:
    """hours float64[k, 7, 24]: each kind's density over the hours of the week; share float64[k]: everybody's blend. Sums: 1."""

    hours: np.ndarray
    share: np.ndarray

    def blend(self, weeks: np.ndarray) -> np.ndarray:
        """float64[n, k], rows sum to 1: what blend explains weeks float64[n, 7, 24] of (decayed) visits; `share` without visits.

        Expectation-maximisation of the blend alone, the kinds held fixed, with a Dirichlet prior around `share`.
        """
        flat, kinds = weeks.reshape(len(weeks), -1), self.hours.reshape(len(self.hours), -1)
        blend = np.tile(self.share, (len(weeks), 1))
        for _ in range(STEPS):
            blend *= (flat / (blend @ kinds + _TINY)) @ kinds.T
            blend += PRIOR_VISITS * self.share
            blend /= blend.sum(axis=1, keepdims=True)
        return blend

    def density(self, blend: np.ndarray, weekday: np.ndarray) -> np.ndarray:
        """float64[n, 24]: the blend's hours on weekday int64[n] (0 = Monday), given that there is a visit; rows sum to 1."""
        found = np.empty((len(blend), self.hours.shape[2]))
        for day in np.unique(weekday):
            found[weekday == day] = blend[weekday == day] @ self.hours[:, day] + _TINY
        return found / found.sum(axis=1, keepdims=True)
