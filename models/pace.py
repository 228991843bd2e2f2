"""How often the products of a history were bought, as plain numbers: what the words of reasons are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.habit import mean_gap
from models.history import History


class Pace(NamedTuple):
    """Of some products of a history, in lists alike, beside what is true of all of it."""

    counts: list[int]
    gap: list[float]
    """Visits from one purchase of the product to the next."""
    since: list[int]
    """Visits since the last."""
    mean_since: float
    n_visits: int

    def often(self, place: int) -> str:
        """In how many visits it was bought."""
        return (
            f"{self.counts[place]} of your last {self.n_visits} visits" if self.n_visits > 1 else "on your only visit"
        )

    def last(self, place: int) -> str:
        """When it was bought last."""
        since = self.since[place]
        return f"{since} visits before the last" if since > 1 else _ONCE[since]


def pace_of(history: History, places: np.ndarray) -> Pace:
    """Of the products at places int64[m] of a history that has one at least."""
    since, counts = history.visits_since, np.rint(history.counts[places]).astype(np.int64)
    gap = mean_gap(history)[places].tolist()
    return Pace(counts.tolist(), gap, since[places].tolist(), float(since.mean()), history.n_visits)


_ONCE = ("on your last visit", "1 visit before the last")
