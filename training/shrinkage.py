"""Shrinkage: what one person's few observations say, drawn towards what everybody's say, by as much as they are noise.

Empirical Bayes with normal errors (C. Morris, Parametric empirical Bayes inference, JASA 78, 1983). The true values are taken to
be spread around a mean m with variance T, a person's value x is seen with variance v; what is told is m + T / (T + v) · (x - m).
T is the moment estimator of R. DerSimonian & N. Laird, Meta-analysis in clinical trials, Controlled Clinical Trials 7, 1986: with
w = 1 / v, Q = sum w (x - sum w x / sum w)² and n people, T = max(0, (Q - (n - 1)) / (sum w - sum w² / sum w)).
m is the mean weighted by 1 / (T + v). Where people differ by no more than chance would have it, T is 0 and everybody is told m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Below any variance that a count of purchases can have; keeps the weights finite.
LEAST = 1e-9


def shrunk(values: ArrayLike, variances: ArrayLike) -> NDArray[np.float64]:
    """float64[n]: each value drawn towards the mean of all. values, variances: float64[n], one entry a person, no NaN."""
    x, v = np.asarray(values, np.float64), np.maximum(np.asarray(variances, np.float64), LEAST)
    if not len(x):
        return x
    w = 1.0 / v
    spare = w.sum() - (w**2).sum() / w.sum()
    q = (w * (x - (w * x).sum() / w.sum()) ** 2).sum()
    between = max(0.0, (q - (len(x) - 1)) / spare) if spare > 0 else 0.0
    weight = 1.0 / (between + v)
    mean = (weight * x).sum() / weight.sum()
    return np.asarray(mean + between / (between + v) * (x - mean), np.float64)
