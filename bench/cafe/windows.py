"""What answered offers tell of the hours of visits: who takes a coupon is likelier one whose habit its window holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.cafe.draw import Floats, Ints
from models.answered import Answers
from models.response_classes import Offered, ResponseClasses

LEVELS = np.geomspace(0.004, 1.0, 9)
"""Shares of a day's visits that a window may hold, between which the likelihood is read off."""
_BLOCK = 2000


def window_log(
    classes: ResponseClasses, answers: Answers, weight: Floats, cell_weight: Floats, p_fit: Floats
) -> Floats:
    """float64[k, LEVELS]: log likelihood of each answer did its window hold that share of the visits, row-aligned with `answers`.

    weight: float64[n, C] of each user's classes; cell_weight: float64[m, C, K] of each cell's fits; p_fit: float64[k], the
    chance of coming to the store that day times the product's fit. What is not known of class and fit is averaged out.
    """
    found = np.zeros((len(answers), len(LEVELS)))
    for start in range(0, len(answers), _BLOCK):
        rows = slice(start, start + _BLOCK)
        cell, o = answers.cell[rows], answers.offered
        own = weight[answers.user[cell]][:, :, None] * cell_weight[cell]
        some = Offered(p_fit[rows], o.p_come[rows], o.share[rows], o.fit[rows])
        for level, share in enumerate(LEVELS):
            here = replace(some, p_buy=p_fit[rows] * share)
            log = classes.log_likelihood(here, answers.bought[rows], answers.came[rows])
            found[rows, level] = (own * log).sum(axis=(1, 2))
    return found


def hour_log(log: Floats, hours: Floats, user: Ints, home: Ints, weekend: Ints, window: Ints, n: int) -> Floats:
    """float64[n, 2, M]: sums of `window_log` under each hypothesis of `Rhythms.hours`, float64[S, M, 24].

    Row-aligned with `log`: int64[k] user, home store of the user, weekend (0 or 1), window (start hour · 25 + end hour).
    """
    found = np.zeros((n, 2, hours.shape[1]))
    steps = np.log(LEVELS)
    for key in np.unique(window * len(hours) + home).tolist():
        (start, end), store = divmod(key // len(hours), 25), key % len(hours)
        rows = np.flatnonzero((window == key // len(hours)) & (home == store))
        share = np.log(np.maximum(hours[store, :, start:end].sum(axis=1), LEVELS[0]))
        left = np.clip(np.searchsorted(steps, share, side="right") - 1, 0, len(steps) - 2)
        t = np.clip((share - steps[left]) / (steps[left + 1] - steps[left]), 0.0, 1.0)
        np.add.at(found, (user[rows], weekend[rows]), log[rows][:, left] * (1 - t) + log[rows][:, left + 1] * t)
    return found
