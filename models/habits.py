"""A block of users' hours, counted once: what every day's slot density is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.topics import Topics
from models.visits import Visits, weekday_of

HOURS, WEEKDAYS = 24, 7
LONG_D, RECENT_D = 400.0, 15.0
"""Half-lives of the two ways to count a past visit."""
LAST_FADE = 0.6


@dataclass(frozen=True)
class Habits:
    """n users. long, recent float64[n, 7, 24]: visits by hour of the week, halved every 400 and 15 days; last float64[n, 24]:
    visits by hour, each counting .6 of the one after it; blends: float64[n, k] for each set of topics; store int64[n]: row, -1
    for none.
    """

    long: np.ndarray
    recent: np.ndarray
    last: np.ndarray
    blends: tuple[np.ndarray, ...]
    store: np.ndarray


def habits_of(visits: Visits, as_of_day: int, store: np.ndarray, topics: Sequence[Topics]) -> Habits:
    """Count; store int64[n] is where the next visit is expected. ValueError for a visit on `as_of_day` or later."""
    visits.check_before(as_of_day)
    n, lag = len(visits), as_of_day - 1 - visits.day
    cell = (visits.owner * WEEKDAYS + weekday_of(visits.day)) * HOURS + visits.hour

    def week(half_d: float) -> np.ndarray:
        counted = np.bincount(cell, 0.5 ** (lag / half_d), n * WEEKDAYS * HOURS)
        return counted.reshape(n, WEEKDAYS, HOURS)

    last = np.bincount(visits.owner * HOURS + visits.hour, LAST_FADE**visits.back, n * HOURS).reshape(n, HOURS)
    long = week(LONG_D)
    return Habits(long, week(RECENT_D), last, tuple(each.blend(long) for each in topics), store)


def kernel(width_h: float) -> np.ndarray:
    """float64[24, 24], rows sum to 1: a visit's hour spread over the clock, a Gaussian of standard deviation `width_h` hours."""
    hour = np.arange(HOURS)
    apart = np.abs(hour[:, None] - hour)
    near = np.exp(-0.5 * np.square(np.minimum(apart, HOURS - apart) / width_h))
    return np.asarray(near / near.sum(axis=1, keepdims=True), dtype=np.float64)
