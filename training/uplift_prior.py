"""The effect of an arm when few people drew it: its mean, shrunk to its group's, that to the mean of all arms, that to a belief.

Three normal levels (Gelman et al., Bayesian Data Analysis, chapter 5): a mean with variance v under a parent of variance τ²
keeps the share τ²/(τ² + v) of what it says. τ² is what the spread of the means leaves after their own noise (DerSimonian & Laird
1986), never below zero; with one child it cannot be told, and the belief's variance stands in. An arm that nobody drew has its
group's effect.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BELIEF_SPREAD = 0.05
"""Standard deviation of the effects believed in before any data, in chances; their mean is 0: an offer is not known to work."""


def shrunk(
    mean: NDArray[np.float64], variance: NDArray[np.float64], group: Sequence[str], spread: float = BELIEF_SPREAD
) -> NDArray[np.float64]:
    """float64[arms]: effects after shrinking.

    mean float64[arms]; variance float64[arms] of each mean, above 0, inf for an arm without rows; group: which arms are of one
    kind, such as a product's depths. ValueError for a variance at or below 0 or a spread that is not above 0.
    """
    if not ((variance > 0).all() and spread > 0):
        raise ValueError("variances and the spread of belief must be above 0")
    names = sorted(set(group))
    member = np.array([names.index(each) for each in group])
    belief = spread**2
    within = [(mean[member == at], variance[member == at]) for at in range(len(names))]
    tau = [_between(means, variances, belief) for means, variances in within]
    levels = [_pooled(means, variances + t) for (means, variances), t in zip(within, tau, strict=True)]
    tops, noises = np.array([level[0] for level in levels]), np.array([level[1] for level in levels])
    above = _between(tops, noises, belief)
    top, noise = _pooled(tops, noises + above)
    top *= belief / (belief + noise) if np.isfinite(noise) else 0.0
    groups = _kept(tops, noises, above, np.full(len(names), top))
    return _kept(mean, variance, np.array(tau)[member], groups[member])


def _between(means: NDArray[np.float64], variances: NDArray[np.float64], belief: float) -> float:
    """τ² of DerSimonian & Laird over the children that say anything; the belief's when fewer than two do."""
    told = np.isfinite(variances)
    if told.sum() < 2:
        return belief
    weight = 1.0 / variances[told]
    middle = weight @ means[told] / weight.sum()
    excess = weight @ (means[told] - middle) ** 2 - (told.sum() - 1)
    return max(0.0, float(excess / (weight.sum() - (weight**2).sum() / weight.sum())))


def _pooled(means: NDArray[np.float64], variances: NDArray[np.float64]) -> tuple[float, float]:
    """(mean weighed by precision, its variance); (0, inf) when no child says anything."""
    weight = np.where(np.isfinite(variances), 1.0 / variances, 0.0)
    if weight.sum() == 0:
        return 0.0, np.inf
    return float(weight @ np.where(weight > 0, means, 0.0) / weight.sum()), float(1.0 / weight.sum())


def _kept(
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    tau: NDArray[np.float64] | float,
    parent: NDArray[np.float64],
) -> NDArray[np.float64]:
    share = np.where(np.isfinite(variances), tau / (tau + variances), 0.0)
    return parent + share * (np.where(share > 0, means, 0.0) - parent)
