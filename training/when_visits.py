"""Fits the chance of a visit: within a week, and on each of the next days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from models.mixed_logit import MixedLogit
from models.response import sigmoid
from models.visit_chance import DAY_NAMES, HORIZON, WEEK, day_features
from models.visit_features import RATE, VISIT_NAMES, visit_features
from models.visits import weekday_of
from training.trees import none
from training.visit_log import VisitLog
from training.when_margin import Cases, choose, fit_pair, log_loss

INNER_WEEKS = 4
"""The last weeks before the end, held out to choose the shares and calibrate; then all weeks are fitted."""
LEAST_WEEKS, LEAST_CASES = 8, 500
TREES, LEAVES, RATE_STEP = 150, 8, 0.05
DAY_CASES = 120_000


def week_cases(log: VisitLog, anchors: Sequence[int]) -> Cases:
    """Whoever had come before an anchor day, and whether they came in its seven days."""
    xs, ys = [np.zeros((0, len(VISIT_NAMES)))], [np.zeros(0, dtype=bool)]
    for day in anchors:
        visits = log.before(day)
        came = visits.n_visits > 0
        xs.append(visit_features(visits, day)[came])
        ys.append(log.comes(day, WEEK).max(axis=1)[came])
    return Cases(np.concatenate(xs), np.concatenate(ys))


def fit_week(
    log: VisitLog, anchors: Sequence[int], seed: int
) -> tuple[dict[str, NDArray[Any]], dict[str, float], list[str]]:
    """(arrays `week_…`, what was chosen, what was fallen back on); anchors: first days of whole past weeks, newest first.

    `week_counted_log_loss`: of everybody's own rate, on the weeks held out; what there is to beat.
    """
    early, late = week_cases(log, anchors[INNER_WEEKS:]), week_cases(log, anchors[:INNER_WEEKS])
    whole = Cases(np.concatenate([late.x, early.x]), np.concatenate([late.y, early.y]))
    if len(anchors) < LEAST_WEEKS or len(early.y) < LEAST_CASES or not (early.both and late.both):
        weights = np.zeros(len(VISIT_NAMES) + 1)
        weights[VISIT_NAMES.index(RATE)] = 1.0
        told = f"{len(anchors)} whole weeks, {len(whole.y)} cases: a visit's chance is a Poisson process's at the user's own rate"
        return {"week_weights": weights, **none().arrays("week_")}, {"week_trees_share": 0.0}, [told]
    found = choose(fit_pair(early, seed, TREES, LEAVES, RATE_STEP), late, "week")
    found["week_counted_log_loss"] = log_loss(late.x[:, VISIT_NAMES.index(RATE)], late.y)
    arrays = fit_pair(whole, seed, TREES, LEAVES, RATE_STEP).chosen("week", found)
    return arrays, found, []


def stranger_week(log: VisitLog, anchors: Sequence[int]) -> float:
    """Of users with one visit so far, the share who came within a week (plus 1 of 10 cases): stands for those with none."""
    came, n = 0, 0
    for day in anchors:
        once = log.before(day).n_visits == 1
        came += int(log.comes(day, WEEK)[once].max(axis=1, initial=False).sum())
        n += int(once.sum())
    return float((came + 1.0) / (n + 10.0))


def weekday_shares(log: VisitLog) -> NDArray[np.float64]:
    """float64[7]: the chain's visits by weekday, Monday first, with a visit added to each."""
    counts = np.bincount(weekday_of(log.day), minlength=7) + 1.0
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def fit_days(
    log: VisitLog, anchors: Sequence[int], end: int, week: dict[str, NDArray[Any]], shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], list[str]]:
    """(day_weights float64[HORIZON, DAY_NAMES], what was fallen back on): a logistic regression for each day ahead.

    Anchors whose HORIZON days are all before `end` teach, every second week, newest first, up to `DAY_CASES` users in all.
    """
    whole = [day for day in anchors[::2] if day + HORIZON <= end][: max(1, DAY_CASES // max(len(log.users), 1))]
    cases: list[list[NDArray[np.float64]]] = [[] for _ in range(HORIZON)]
    comes = [np.zeros((0, HORIZON), dtype=bool)]
    logit = MixedLogit.of(week, "week")
    for day in whole:
        visits = log.before(day)
        came = visits.n_visits > 0
        chance = sigmoid(logit.margin(visit_features(visits, day)))
        comes.append(log.comes(day, HORIZON)[came])
        for ahead, rows in enumerate(cases):
            rows.append(day_features(visits, day, ahead, chance, shares)[came])
    y = np.concatenate(comes)
    if len(y) < LEAST_CASES or not (y.any(axis=0) & ~y.all(axis=0)).all():
        return _plain_days(), [f"{len(y)} cases of fourteen days: a day's chance is the week's share of it"]
    fits = [_fit_day(np.concatenate(rows), y[:, ahead]) for ahead, rows in enumerate(cases)]
    return np.stack(fits), []


def _fit_day(x: NDArray[np.float64], y: NDArray[np.bool_]) -> NDArray[np.float64]:
    fit = LogisticRegression(C=10.0, max_iter=300).fit(x[:, :-1], y)
    return np.concatenate([fit.coef_.ravel(), fit.intercept_])


def _plain_days() -> NDArray[np.float64]:
    """logit(day) = logit(week) + log of the weekday's share over 1/7 - log 7; `by_day` then brings days and week into line."""
    weights = np.zeros((HORIZON, len(DAY_NAMES)))
    weights[:, DAY_NAMES.index("week")] = weights[:, DAY_NAMES.index("weekday")] = 1.0
    weights[:, DAY_NAMES.index("intercept")] = -np.log(WEEK)
    return weights
