"""When on a given weekday a user usually buys, as a density over the store's open hours; and the store's dayparts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HOURS = 24
WEEK = 7 * HOURS


def slot_density(
    counts: np.ndarray, prior: np.ndarray, weekday: int, open_hours: np.ndarray, strength: float
) -> np.ndarray:
    """Density float64[24] over the hours of one weekday (0 = Monday); closed hours have 0, open ones sum to 1.

    counts float[168]: the user's purchases by hour of the store-local week; prior float[168]: the store's or the
    chain's; open_hours bool[24]. Two Dirichlet steps, each shrunk to the one before with `strength` pseudo-counts:
    q = prior of that weekday; any = (counts of the other days + s·q) / (their sum + s);
    own = (counts of that weekday + s·any) / (their sum + s). A prior of zero on every open hour counts as flat, so
    no data gives the prior, and no prior gives an even day. All hours closed gives zeros. ValueError for bad input.
    """
    week, base, is_open = _checked(counts, prior, weekday, open_hours, strength)
    if not is_open.any():
        return np.zeros(HOURS)
    own = week[weekday] * is_open
    other = week.sum(axis=0) * is_open - own
    density = base[weekday] * is_open
    total = density.sum()
    density = density / total if total > 0 else is_open / is_open.sum()
    for evidence in (np.maximum(other, 0.0), own):
        mass = evidence.sum() + strength
        if mass > 0:  # divided before it is weighed, so that no strength, however small, loses the density
            density = evidence / mass + (strength / mass) * density
    return np.asarray(density / density.sum(), dtype=np.float64)


def daypart_of_hour(dayparts: Sequence[Sequence[object]]) -> np.ndarray:
    """int64[24]: which daypart each hour of the store's day is in.

    dayparts: `[name, start_hour, end_hour]` each, half-open, wrapping midnight when start >= end. ValueError unless
    every hour is in exactly one.
    """
    table = np.full(HOURS, -1, dtype=np.int64)
    for number, (name, start, end) in enumerate(dayparts):
        if type(start) is not int or type(end) is not int or not (0 <= start < HOURS and 0 <= end <= HOURS):
            raise ValueError(f"daypart {name!r}: hours {start!r} to {end!r} are not whole hours of one day")
        hours = [hour % HOURS for hour in range(start, end if start < end else end + HOURS)]
        if (table[hours] >= 0).any():
            raise ValueError(f"daypart {name!r} overlaps another")
        table[hours] = number
    if (table < 0).any():
        raise ValueError(f"hour {int(np.argmin(table))} is in no daypart")
    return table


def _checked(
    counts: np.ndarray, prior: np.ndarray, weekday: int, open_hours: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if np.shape(counts) != (WEEK,) or np.shape(prior) != (WEEK,) or np.shape(open_hours) != (HOURS,):
        raise ValueError("slot_density needs counts[168], prior[168] and open_hours[24]")
    if not 0 <= weekday < 7:
        raise ValueError(f"weekday {weekday} is not 0 (Monday) to 6")
    week = np.asarray(counts, dtype=np.float64).reshape(7, HOURS)
    base = np.asarray(prior, dtype=np.float64).reshape(7, HOURS)
    if not (np.isfinite(week).all() and np.isfinite(base).all() and week.min() >= 0 and base.min() >= 0):
        raise ValueError("slot_density needs finite counts and prior, none below zero")
    if not (np.isfinite(strength) and strength >= 0):
        raise ValueError(f"strength {strength} is not zero or more")
    return week, base, np.asarray(open_hours, dtype=bool)
