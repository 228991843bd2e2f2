"""One cut of Complete Journey for When: what is known before a Friday, what came after it, and what the model says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.journey_cut import purchases
from models.slot_mix import slots
from models.visits import Visits
from models.when import LEAST_VISITS, When
from training.sales import sales
from training.visit_log import VisitLog, visit_log
from training.when_fit import fit_when

WEEK, SLOT_H = 7, 2


@dataclass(frozen=True)
class Cut:
    """What is asked at a cut. `users`: rows of households with five visits or more before it; `next`: those of them that return.

    came_on bool[users, 7]: on each of the seven days from the cut. Of each next visit, whenever in the data it is: of
    int64[next], the user; day_of_next int64[next]; slot int64[next], the two hours of the day's first basket; store int64[next],
    -1 for a new one.
    """

    name: str
    day: int
    log: VisitLog
    visits: Visits
    users: NDArray[np.int64]
    came_on: NDArray[np.bool_]
    of: NDArray[np.int64]
    day_of_next: NDArray[np.int64]
    slot: NDArray[np.int64]
    store: NDArray[np.int64]

    @property
    def came(self) -> NDArray[np.bool_]:
        """bool[users]: within the seven days."""
        return np.asarray(self.came_on.any(axis=1))


@dataclass(frozen=True)
class Said:
    """Answers, rows as there: week float64[users], days float64[users, 7], slot float64[next, 12], store int64[next]."""

    week: NDArray[np.float64]
    days: NDArray[np.float64]
    slot: NDArray[np.float64]
    store: NDArray[np.int64]
    fell_back_on: tuple[str, ...]


@cache
def journey() -> VisitLog:
    """Complete Journey's visits on the shops' clock; made once a process."""
    return visit_log(sales(purchases().lazy()))


def ask(log: VisitLog, at: date) -> tuple[Cut, Said]:
    """Fit on the days before `at`, answer for it, and lay the truth beside it. Nothing from `at` on reaches the fit."""
    day = (at - date(1970, 1, 1)).days
    fitted = fit_when(log, day)
    model = fitted.model()
    cut = cut_at(_numbered(log, model), at.isoformat(), day)
    return cut, replace(answer(model, cut), fell_back_on=fitted.fell_back_on)


def cut_at(log: VisitLog, name: str, day: int) -> Cut:
    """The questions and the truth; log: its stores numbered as the model numbers them."""
    visits = log.before(day)
    asked = visits.n_visits >= LEAST_VISITS
    ahead = log.next_from(day, int(log.day.max()) + 1)
    ahead = ahead[asked[log.user[ahead]]]
    truth: dict[str, Any] = {
        "day_of_next": log.day[ahead],
        "slot": log.hour[ahead] // SLOT_H,
        "store": log.store[ahead],
    }
    return Cut(name, day, log, visits, np.flatnonzero(asked), log.comes(day, WEEK)[asked], log.user[ahead], **truth)


def answer(model: When, cut: Cut) -> Said:
    """From what was known before the cut; of the next visit its day alone is told, and only for the slot."""
    n = len(cut.visits)
    store = model.store_chance(cut.visits, cut.day).likeliest(n)
    days = np.full(n, cut.day)
    days[cut.of] = cut.day_of_next
    habits = model.habits(cut.visits, cut.day, store)
    hours = model.slot_density(habits, days, np.ones((n, 24), dtype=bool))
    week = model.within_week(cut.visits, cut.day)[cut.users]
    by_day = model.visit_chance(cut.visits, cut.day, WEEK)[cut.users]
    return Said(week, by_day, slots(hours, SLOT_H)[cut.of], store[cut.of], ())


def _numbered(log: VisitLog, model: When) -> VisitLog:
    """The same log with stores in the model's rows; -1 for those it never saw."""
    row = np.array([*(model.store_ids.row.get(name, -1) for name in log.stores), -1], dtype=np.int64)
    return replace(log, stores=list(model.store_ids.ids), store=row[log.store])
