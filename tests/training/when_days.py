"""Half a year of a chain whose people keep to a rhythm that can be seen by eye, and a week of a chain just begun.

u000, u003, …  Mondays and Thursdays at 8 in `a`, hardly ever missing one
u001, u004, …  Saturdays at 18 in `b`, every other one missed
u002, u005, …  three days in ten at noon, in `a` and `c` by turns
Of each kind every tenth stops coming half way through.
"""

from __future__ import annotations

import numpy as np

from models.visits import weekday_of
from training.visit_log import VisitLog

FIRST = 17_169  # 2017-01-03
END = FIRST + 182
STORES = ["a", "b", "c"]


def people(n: int = 90, seed: int = 4, first: int = FIRST, end: int = END) -> VisitLog:
    random = np.random.default_rng(seed)
    rows = []
    for user in range(n):
        kind, stops = user % 3, (first + end) // 2 if user // 3 % 10 == 9 else end
        turn = 0
        for day in range(first, stops):
            weekday = int(weekday_of(day))
            chance = (0.95 * (weekday in (0, 3)), 0.5 * (weekday == 5), 0.3)[kind]
            if random.random() < chance:
                hour = int((8, 18, 12)[kind] + random.integers(0, 2))
                rows.append((user, day, hour, (0, 1, 2 * (turn % 2))[kind]))
                turn += 1
    user, day, hour, store = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    names = [f"u{each:03d}" for each in range(n)]
    return VisitLog(names, STORES, user, day, hour, store, day * 86_400 + hour * 3_600)


def just_begun() -> VisitLog:
    """Six days, three stores, nine people."""
    return people(9, 1, END - 6, END)
