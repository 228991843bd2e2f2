"""Learns the kinds of week that users' hours are blends of: `models.topics`, fitted by expectation-maximisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.habits import HOURS, LONG_D, WEEKDAYS, kernel
from models.topics import Topics
from models.visits import Visits, weekday_of

LEAST_VISITS = 5.0
LEAST_USERS = 20
"""For each topic."""
STEPS = 60
_BLEND_PRIOR, _HOURS_PRIOR, _WIDTH_H, _TINY = 0.3, 0.02, 0.7, 1e-12


def weeks_of(visits: Visits, as_of_day: int) -> NDArray[np.float64]:
    """float64[n, 168]: decayed visits by hour of the week, as `models.habits` counts them for the blends."""
    cell = (visits.owner * WEEKDAYS + weekday_of(visits.day)) * HOURS + visits.hour
    weight = 0.5 ** ((as_of_day - 1 - visits.day) / LONG_D)
    size = WEEKDAYS * HOURS
    return np.asarray(np.bincount(cell, weight, len(visits) * size).reshape(len(visits), size), dtype=np.float64)


def fit_topics(weeks: NDArray[np.float64], k: int, seed: int) -> Topics:
    """k topics from weeks float64[n, 168]; users of fewer than five (decayed) visits are left out.

    Each step spreads a topic's hours by the narrow kernel, so that no hour next to a busy one is thought impossible. With fewer
    than `LEAST_USERS` users for each topic there is one: everybody's week.
    """
    counts = weeks[weeks.sum(axis=1) >= LEAST_VISITS]
    everybody = weeks.sum(axis=0) + 1.0 / weeks.shape[1]
    everybody = everybody / everybody.sum()
    if k == 1 or len(counts) < k * LEAST_USERS:
        return Topics(_smooth(everybody[None]).reshape(1, WEEKDAYS, HOURS), np.ones(1))
    random = np.random.default_rng(seed)
    hours = _unit(random.gamma(2.0, 1.0, (k, len(everybody))) * everybody + 1e-5)
    blend = np.full((len(counts), k), 1.0 / k)
    prior = _HOURS_PRIOR * counts.sum() / k * everybody
    for _ in range(STEPS):
        ratio = counts / (blend @ hours + _TINY)
        fresh = hours * (blend.T @ ratio)
        blend = _unit(blend * (ratio @ hours.T) + _BLEND_PRIOR)
        hours = _unit(_smooth(fresh) + prior)
    return Topics(hours.reshape(k, WEEKDAYS, HOURS), _unit(blend.mean(axis=0)[None])[0])


def _smooth(hours: NDArray[np.float64]) -> NDArray[np.float64]:
    return (hours.reshape(len(hours), WEEKDAYS, HOURS) @ kernel(_WIDTH_H)).reshape(hours.shape)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), dtype=np.float64)
