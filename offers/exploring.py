"""Trying arms by chance, with the chance known: Thompson's rule, a little evenly, else the plan.

A user's day explores with chance `share`. What is believed of the user is drawn a few times (a world each: a response class, a
fit of every product), and an exploring day takes the arm that is best in one of those worlds, any as likely (Thompson 1933),
or, with chance EVEN, any allowed arm. Given the worlds drawn, each arm's propensity is a count, not an estimate:

    P(arm) = (1 - share) · [arm is planned] + share · ((1 - EVEN) · worlds that want it / worlds + EVEN / arms)
"""

from __future__ import annotations

import numpy as np

from models.response_classes import FITS, ResponseClasses
from offers.worth import DayArms, worth_in

EVEN = 0.05
WORLDS = 4
"""Draws of what is believed of a user, among which an exploring day chooses."""


def arm_chances(planned: np.ndarray, wanted: np.ndarray, allowed: np.ndarray, share: float) -> np.ndarray:
    """float64[N, 1 + a], rows sum to 1: chance of nothing (column 0) and of each arm.

    planned: int64[N], -1 for nothing; wanted: int64[N, worlds], -1 for nothing; allowed: bool[N, a].
    """
    n, a = allowed.shape
    rows = np.arange(n)
    chance = np.zeros((n, a + 1))
    np.add.at(chance, (rows[:, None], wanted + 1), (1 - EVEN) / wanted.shape[1])
    choices = np.concatenate([np.ones((n, 1), dtype=bool), allowed], axis=1)
    chance += EVEN * choices / choices.sum(axis=1, keepdims=True)
    chance *= share
    chance[rows, planned + 1] += 1 - share
    return chance


def sharpened(weight: np.ndarray, responds: np.ndarray) -> np.ndarray:
    """float64[N, C], rows sum to 1: weights to draw worlds by, the odds of responding at all drawn to even by a square root.

    weight: float64[N, C]; responds: bool[C]. As in top-two sampling (Russo 2016), the less likely story is tried more often than
    it is likely: a try tells the most when both could be, and a coupon too many costs less than a persuadable never found.
    """
    yes = (weight * responds).sum(axis=1, keepdims=True)
    root, other = np.sqrt(yes), np.sqrt(np.maximum(1 - yes, 0.0))
    factor = np.where(responds, root / np.maximum(yes, 1e-12), other / np.maximum(1 - yes, 1e-12))
    drawn: np.ndarray = weight * factor
    return drawn / drawn.sum(axis=1, keepdims=True)


def wanted_arms(
    arms: DayArms,
    classes: ResponseClasses,
    weight: np.ndarray,
    fit_weight: np.ndarray,
    cell: np.ndarray,
    n_cells: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """int64[N, WORLDS]: the best arm in each world drawn, -1 for nothing.

    weight float64[N, C] and fit_weight float64[N, a, C, K] as in `offers.worth`; cell int64[N, a] below `n_cells`: arms of one
    cell are of one product at one part of the day, and share one fit.
    """
    n, rows = len(weight), np.arange(len(weight))
    wanted = np.full((n, WORLDS), -1)
    upto = np.cumsum(sharpened(weight, classes.height > 0), axis=1)
    for world in range(WORLDS):
        own = np.minimum((upto <= rng.random(n)[:, None]).sum(axis=1), len(classes) - 1)
        chance = fit_weight[rows, :, own]
        if world == 0:
            # One world draws every fit; in the others they stay averaged, or the luckiest draw would win each.
            u = rng.random((n, n_cells))[rows[:, None], cell]
            drawn = np.minimum((np.cumsum(chance, axis=-1) <= u[..., None]).sum(axis=-1), len(FITS) - 1)
            chance = np.eye(len(FITS))[drawn]
        wanted[:, world] = best_arm(worth_in(arms, classes, own, chance))
    return wanted


def best_arm(value: np.ndarray) -> np.ndarray:
    """int64[N]: the arm of most value, float64[N, a]; -1, nothing, where none is above 0."""
    found: np.ndarray = np.where(value.max(axis=1) > 0, value.argmax(axis=1), -1)
    return found


def draw_arms(chance: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int64[N] arm, -1 for nothing; float64[N] its propensity), by one uniform number a user, u float64[N] in [0, 1)."""
    upto = np.cumsum(chance, axis=1)
    # A column of no chance is never drawn: its edge is the one before it.
    drawn = (upto <= (u * upto[:, -1])[:, None]).sum(axis=1)
    return drawn - 1, chance[np.arange(len(u)), drawn]
