"""Trying arms by chance, with the chance known: Thompson's rule over the response classes, a little evenly, else the plan.

A user's day explores with chance `share`. An exploring day draws a class from the user's weights and takes the arm that is best
were the user of that class (Thompson 1933), or, with chance EVEN, any allowed arm. As the classes are few, each arm's
propensity is a sum, not an estimate:

    P(arm) = (1 - share) · [arm is planned] + share · ((1 - EVEN) · sum of the weights of classes that want it + EVEN / arms)
"""

from __future__ import annotations

import numpy as np

EVEN = 0.05


def arm_chances(
    planned: np.ndarray, best_by_class: np.ndarray, weight: np.ndarray, allowed: np.ndarray, share: float
) -> np.ndarray:
    """float64[N, 1 + a], rows sum to 1: chance of nothing (column 0) and of each arm.

    planned: int64[N], -1 for nothing; best_by_class: int64[N, C], -1 for nothing; weight: float64[N, C]; allowed: bool[N, a].
    """
    n, a = allowed.shape
    rows = np.arange(n)
    chance = np.zeros((n, a + 1))
    np.add.at(chance, (rows[:, None], best_by_class + 1), (1 - EVEN) * weight)
    choices = np.concatenate([np.ones((n, 1), dtype=bool), allowed], axis=1)
    chance += EVEN * choices / choices.sum(axis=1, keepdims=True)
    chance *= share
    chance[rows, planned + 1] += 1 - share
    return chance


def draw_arms(chance: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int64[N] arm, -1 for nothing; float64[N] its propensity), by one uniform number a user, u float64[N] in [0, 1)."""
    upto = np.cumsum(chance, axis=1)
    # A column of no chance is never drawn: its edge is the one before it.
    drawn = (upto <= (u * upto[:, -1])[:, None]).sum(axis=1)
    return drawn - 1, chance[np.arange(len(u)), drawn]
