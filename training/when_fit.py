"""Fits When: all that is known before a day in, the arrays and parameters of a `when` artifact out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.visits import KEPT
from models.vocabulary import Vocabulary
from models.when import When
from models.when_options import NAMES
from training.errors import TrainingError
from training.visit_log import VisitLog
from training.when_slots import fit_slots
from training.when_stores import fit_stores
from training.when_visits import fit_days, fit_week, stranger_week, weekday_shares

WEEK = 7
MOST_WEEKS = 36
WARM_UP_D = 56
"""Days of the log before the first anchor: earlier ones know too little of anybody."""


@dataclass(frozen=True)
class FittedWhen:
    """Of `When.from_arrays`, and what the fit fell back on, a sentence each."""

    arrays: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    """Mean log losses on the inner weeks held out, of what was then fitted on all; empty where nothing could be held out."""
    fell_back_on: tuple[str, ...]

    def model(self) -> When:
        """Ready to ask."""
        return When.from_arrays(self.arrays, self.parameters)


def fit_when(log: VisitLog, end_day: int, seed: int = 20171201) -> FittedWhen:
    """Learn from the visits on days before `end_day`, and from nothing else. TrainingError when there is none.

    Anchors are the days seven, fourteen, … before the end: what was known when an anchor began asks, what came in the seven days
    from it answers, so every case asks and answers as a plan at `end_day` does.
    """
    past = _before(log, end_day)
    if not len(past.day):
        raise TrainingError(f"no visit before day {end_day}: ingest purchases of known users, or take a later day")
    anchors = anchors_of(past, end_day)
    week, chosen_week, told = fit_week(past, anchors, seed)
    shares = weekday_shares(past)
    days, told_days = fit_days(past, anchors, end_day, week, shares)
    slots, sizes, told_slots = fit_slots(past, anchors, end_day, seed)
    stores, chosen_store, told_stores = fit_stores(past, anchors, end_day, seed)
    arrays = {
        **Vocabulary.encode(past.stores, "stores"),
        **week,
        "day_weights": days,
        "weekday_share": shares,
        **slots,
        **stores,
    }
    chosen = {**chosen_week, **chosen_store}
    fell_back_on = [*told, *told_days, *told_slots, *told_stores]
    parameters = {
        **{name: list(names) for name, names in NAMES.items()},
        "visits_kept": KEPT,
        "topic_sizes": sizes,
        "stranger_week": stranger_week(past, anchors),
        "n_anchors": len(anchors),
        **{key: value for key, value in chosen.items() if not key.endswith("log_loss")},
        "fell_back_on": fell_back_on,
    }
    metrics = {key: value for key, value in chosen.items() if key.endswith("log_loss")}
    return FittedWhen(arrays, parameters, metrics, tuple(fell_back_on))


def anchors_of(log: VisitLog, end_day: int) -> list[int]:
    """First days of whole weeks before `end_day`, newest first, at most `MOST_WEEKS`; of a short log, from its middle on."""
    first = int(log.day.min())
    warm = min(WARM_UP_D, (end_day - first) // 2)
    return list(range(end_day - WEEK, first + warm - 1, -WEEK))[:MOST_WEEKS]


def _before(log: VisitLog, end_day: int) -> VisitLog:
    """The log as it stood when `end_day` began: users and stores of later days are not in it."""
    known = log.day < end_day
    users, user = np.unique(log.user[known], return_inverse=True)
    visited = np.unique(log.store[known & (log.store >= 0)])
    row = np.full(len(log.stores) + 1, -1, dtype=np.int64)  # the last answers for -1
    row[visited] = np.arange(len(visited))
    return VisitLog(
        [log.users[at] for at in users],
        [log.stores[at] for at in visited],
        user.astype(np.int64),
        log.day[known],
        log.hour[known],
        row[log.store[known]],
        log.at_s[known],
    )
