"""The chance that a user comes within a week, and on each of the next days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.gaps import hazard
from models.mixed_logit import MixedLogit
from models.response import sigmoid
from models.visit_features import NEVER_D, visit_features
from models.visits import Visits, weekday_of

WEEK = 7
HORIZON = 14
"""Days that have a regression of their own; later days take the last one's."""
DAY_NAMES = ("week", "week_squared", "weekday", "gap_ends", "came_yesterday", "intercept")
WEEKDAY_STRENGTH, WEEKDAY_HALF_D = 7.0, 90.0


@dataclass(frozen=True)
class VisitChance:
    """week: logit of a visit within seven days; day_weights float64[HORIZON, DAY_NAMES]; weekday_share float64[7], Monday first;
    stranger: the chance within a week of somebody who never came.
    """

    week: MixedLogit
    day_weights: np.ndarray
    weekday_share: np.ndarray
    stranger: float

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], stranger: float) -> VisitChance:
        """From a `when` artifact's arrays."""
        return cls(MixedLogit.of(arrays, "week"), arrays["day_weights"], arrays["weekday_share"], stranger)

    def within_week(self, visits: Visits, as_of_day: int) -> np.ndarray:
        """float64[n]: the chance of at least one visit on days as_of_day to as_of_day + 6; a calibrated model of its own."""
        margin = self.week.margin(visit_features(visits, as_of_day))
        return np.where(visits.n_visits > 0, sigmoid(margin), self.stranger)

    def by_day(self, visits: Visits, as_of_day: int, n_days: int) -> np.ndarray:
        """float64[n, n_days]: the chance of a visit on each day from as_of_day on; whether there was one before does not matter.

        Days know the week: its logit is a term of every day's regression, and whatever that gives, the first seven days keep
        max(day) <= within_week <= sum(day), as the chance of a union must (Boole's and Fréchet's inequalities).
        """
        week = self.within_week(visits, as_of_day)
        chances = np.empty((len(visits), max(n_days, WEEK)))
        for ahead in range(chances.shape[1]):
            x = day_features(visits, as_of_day, ahead, week, self.weekday_share)
            chances[:, ahead] = sigmoid(x @ self.day_weights[min(ahead, HORIZON - 1)])
        total = chances[:, :WEEK].sum(axis=1)
        chances[:, :WEEK] *= np.maximum(1.0, week / np.maximum(total, 1e-300))[:, None]
        np.minimum(chances[:, :WEEK], week[:, None], out=chances[:, :WEEK])
        return chances[:, :n_days]


def day_features(visits: Visits, as_of_day: int, ahead: int, week: np.ndarray, weekday_share: np.ndarray) -> np.ndarray:
    """float64[n, DAY_NAMES] for day as_of_day + ahead; week float64[n]: the chance within a week; weekday_share float64[7].

    `weekday` is the log of the user's share of visits on that weekday (halved every ninety days, shrunk to the chain's) over
    1/7; `gap_ends` the log odds, shrunk to the chain's week, that a silence of today's length ends just then.
    """
    safe = np.clip(week, 1e-6, 1 - 1e-6)
    logit = np.log(safe / (1 - safe))
    on = int(weekday_of(as_of_day + ahead))
    weight = 0.5 ** ((as_of_day - visits.day) / WEEKDAY_HALF_D)
    weekday = weekday_of(visits.day)
    mass = np.bincount(visits.owner, weight, len(visits))
    own = np.bincount(visits.owner, weight * (weekday == on), len(visits))
    share = (own + WEEKDAY_STRENGTH * weekday_share[on]) / (mass + WEEKDAY_STRENGTH)
    recency = (as_of_day - visits.last(visits.day, as_of_day - NEVER_D)).astype(np.float64)
    at_risk, ended = hazard(visits, recency + ahead, 1)
    ends = (ended + 2.0 * np.minimum(safe / WEEK, 0.5)) / (at_risk + 2.0)
    columns = (logit, np.square(logit), np.log(WEEK * share), np.log(ends / (1.0 - np.minimum(ends, 0.999))))
    return np.stack([*columns, (recency == 1).astype(np.float64), np.ones(len(visits))], axis=1)
