"""What a policy that never ran would have earned, from the decisions of one that did: each outcome weighs by how much likelier
the new policy makes it. Needs the chance with which each logged arm was sent; without a chance there is nothing to weigh by.

    w = target chance of the logged arm / its logged propensity
    IPS   = mean of w·r                              Horvitz & Thompson 1952: unbiased, wide
    SNIPS = Σ w·r / Σ w                              Swaminathan & Joachims 2015: steadier, a little biased
    DR    = mean of q(target) + w·(r − q(logged))    Dudík, Langford & Li 2011: unbiased if the chances or the model q are right

Intervals are normal ones of the estimates' influence, summed by user: a person's days are not independent of each other.
They are only as good as the sample behind the weights, so an alarm tells when it is too small: see ALARMS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = 1.959964
MIN_EFFECTIVE = 200.0
ALARMS = {
    "too_few_effective": f"the weights leave fewer than {MIN_EFFECTIVE:.0f} decisions to learn from: the intervals are too short",
    "unsupported": "the weights' mean is not 1: the new policy does what the old one never tried, and its value can't be seen",
    "clipped": "weights were cut: what is told is of a policy nearer to the old one",
}


@dataclass(frozen=True)
class Estimate:
    """A value a decision, with its standard error and the ends of the 95% interval; the unit is that of the rewards."""

    value: float
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class PolicyValue:
    """The new policy's value three ways (`dr` only with a model), and how much stands behind them."""

    ips: Estimate
    snips: Estimate
    dr: Estimate | None
    n: int
    n_users: int
    effective: float
    """Kish's effective sample size (Σ w)² / Σ w² (1965)."""
    mean_weight: float
    """1 but for chance when the old policy tried all that the new one does."""
    max_weight: float
    n_clipped: int
    alarms: tuple[str, ...]
    """Keys of ALARMS; empty when the intervals can be relied on."""


def policy_value(
    reward: Floats,
    propensity: Floats,
    target: Floats,
    user: NDArray[np.int64] | None = None,
    q_logged: Floats | None = None,
    q_target: Floats | None = None,
    clip: float | None = None,
) -> PolicyValue:
    """Row k of all is decision k: what it brought, the chance its arm was sent with (> 0), the chance the new policy sends that
    arm with, its user's number (each row its own without), a model's reward of the logged arm and its mean over the new
    policy's arms (both or none; from other data than these). clip: the largest weight kept. Raises ValueError on what is no log.
    """
    weight, n_clipped = _weights(reward, propensity, target, clip)
    users = np.arange(len(reward)) if user is None else np.unique(user, return_inverse=True)[1]
    mean = float(weight.mean())
    snips = float((weight * reward).sum() / weight.sum()) if mean > 0 else 0.0
    lean = weight * (reward - snips) / mean if mean > 0 else np.zeros(len(reward))
    dr = None
    if q_logged is not None and q_target is not None:
        dr = _estimate(q_target + weight * (reward - q_logged), users)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if mean > 0 else 0.0
    of_weights = _estimate(weight, users)
    alarms = {
        "too_few_effective": effective < MIN_EFFECTIVE,
        "unsupported": abs(mean - 1.0) > 3.0 * of_weights.error + 1e-9 and not n_clipped,
        "clipped": n_clipped > 0,
    }
    return PolicyValue(
        ips=_estimate(weight * reward, users),
        snips=_estimate(snips + lean, users),
        dr=dr,
        n=len(reward),
        n_users=int(users.max()) + 1,
        effective=effective,
        mean_weight=mean,
        max_weight=float(weight.max()),
        n_clipped=n_clipped,
        alarms=tuple(name for name, rings in alarms.items() if rings),
    )


def _weights(reward: Floats, propensity: Floats, target: Floats, clip: float | None) -> tuple[Floats, int]:
    if not len(reward) == len(propensity) == len(target) or not len(reward):
        raise ValueError(
            "a log has one reward, one propensity and one target chance a decision, and at least one decision"
        )
    if not np.isfinite(reward).all():
        raise ValueError("a reward is not a number; leave the decision out or find its outcome")
    if not ((propensity > 0) & (propensity <= 1)).all():
        raise ValueError("a logged propensity is not above 0 and at most 1: such a decision cannot be weighed")
    if not ((target >= 0) & (target <= 1)).all():
        raise ValueError("a target chance is not between 0 and 1")
    weight = target / propensity
    if clip is None:
        return weight, 0
    return np.minimum(weight, clip), int((weight > clip).sum())


def _estimate(rows: Floats, users: NDArray[np.int64]) -> Estimate:
    """The rows' mean; its error from sums by user, which may hold any number of rows."""
    value, n = float(rows.mean()), len(rows)
    sums = np.bincount(users, weights=rows - value)
    m = len(sums)
    error = float(np.sqrt((sums**2).sum() * m / max(m - 1, 1)) / n)
    return Estimate(value, error, value - Z * error, value + Z * error)
