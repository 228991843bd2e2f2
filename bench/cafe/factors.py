"""A few typical tastes from many members' counts: a Poisson factorisation with a Gamma prior on members (Cemgil 2009)."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma

from bench.cafe.draw import Bools, Floats

_STEPS = 30


def scaled(x: Floats) -> Floats:
    """The same, summing to 1 over the last axis."""
    found: Floats = x / x.sum(axis=-1, keepdims=True)
    return found


def factors(counts: Floats, expected: Floats, sells: Floats, side: Bools, k: int) -> Floats:
    """float64[k, P]: tastes whose sides sum to 1, and mains.

    counts: float64[n, D, P]; expected: float64[n, P], what exposure times `sells`, the chain's, makes of them; side: bool[P].
    """
    took, rng = counts.sum(axis=1), np.random.default_rng(0)
    taste = sells * np.exp(0.5 * rng.standard_normal((k, len(sells))))
    own = np.full((len(took), k), 1.0 / k)
    for _ in range(_STEPS):
        shape = 0.3 + own * ((took / np.maximum(own @ taste, 1e-12)) @ taste.T)
        rate = 0.3 * k + expected @ taste.T
        own = np.exp(digamma(shape)) / rate
        held = taste * (own.T @ (took / np.maximum(own @ taste, 1e-12))) + 3 * sells / sells.sum()
        taste = held / ((shape / rate).T @ expected + 3 / sells.sum())
    for rows in (side, ~side):
        taste[:, rows] = scaled(taste[:, rows])
    return taste
