"""What a user's past says of the next visit: recency, rates, weeks with a visit, windows, gaps."""

from __future__ import annotations

import numpy as np

from models.gaps import GAP_NAMES, gap_features
from models.visits import Visits

DAYS = 364
HALVES_D = (3, 7, 14, 28, 56, 112)
WINDOWS = (
    (0, 1),
    (1, 2),
    (2, 3),
    (3, 5),
    (5, 7),
    (7, 14),
    (14, 21),
    (21, 28),
    (28, 56),
    (56, 91),
    (91, 182),
    (182, 364),
)
WEEKS = (4, 8, 13, 26, 52)
NEVER_D = 400
"""Recency of somebody who never came."""
RATE = "rate_week"
"""The feature that is itself a logit: of a visit within a week, were visits a Poisson process at the user's own rate."""
VISIT_NAMES = (
    *("recency", "age", "n_visits", "rate", RATE),
    *(f"decayed_{half}" for half in HALVES_D),
    *(f"days_{a}_{b}" for a, b in WINDOWS),
    *(f"weeks_{k}" for k in WEEKS),
    *("weeks_decayed", "every_second_week", "every_fourth_week", "a_month_ago"),
    *GAP_NAMES,
)


def visit_features(visits: Visits, as_of_day: int) -> np.ndarray:
    """float64[n, len(VISIT_NAMES)], finite: as known when day `as_of_day` begins. ValueError when a visit is not before it."""
    visits.check_before(as_of_day)
    n = visits.n_visits.astype(np.float64)
    came = n > 0
    recency = np.where(came, as_of_day - visits.last(visits.day, as_of_day - NEVER_D), NEVER_D).astype(np.float64)
    age = np.where(came, np.maximum(as_of_day - visits.first_day, 1), 1).astype(np.float64)
    rate = (n + 0.5) / (age + 7.0)
    week = np.maximum(-np.expm1(-7.0 * rate), 1e-6)
    slow = np.stack([np.log(recency), np.log(age), np.log1p(n), np.log(rate), np.log(week) + 7.0 * rate], axis=1)
    return np.hstack([slow, _calendar(visits, as_of_day, age), gap_features(visits, recency)])


def _calendar(visits: Visits, as_of_day: int, age: np.ndarray) -> np.ndarray:
    """float64[n, …]: from a row of 364 days per user, 1 where there was a visit, yesterday first."""
    lag = as_of_day - 1 - visits.day
    recent = lag < DAYS
    days = np.zeros((len(visits), DAYS), dtype=np.float32)
    days[visits.owner[recent], lag[recent]] = 1.0
    lags = np.arange(DAYS)
    columns = []
    for half in HALVES_D:
        weight = 0.5 ** (lags / half)
        # A young user's rate is over the days since the first visit, with a tenth of a visit a day as prior.
        seen = np.concatenate([[0.0], np.cumsum(weight)])[np.minimum(age, DAYS).astype(np.int64)]
        columns.append(np.log((days @ weight + 0.2) / (seen + 2.0)))
    for a, b in WINDOWS:
        count = days[:, a:b].sum(axis=1)
        columns.append(count if b <= 28 else np.log1p(count))
    weeks = days.reshape(len(days), DAYS // 7, 7).max(axis=2)
    lived = np.maximum(np.minimum(age // 7, DAYS // 7), 1)
    columns += [(weeks[:, :k].sum(axis=1) + 0.5) / (np.minimum(lived, k) + 1.0) for k in WEEKS]
    fading = 0.5 ** (np.arange(DAYS // 7) / 5.0)
    columns += [weeks @ fading / fading.sum(), weeks[:, 1:12:2].mean(axis=1), weeks[:, 3:16:4].mean(axis=1)]
    columns.append(days[:, 24:31].sum(axis=1))
    return np.stack(columns, axis=1).astype(np.float64)
