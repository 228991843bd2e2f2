"""How often the products of a history were bought, as plain numbers: what the words of reasons are made of."""

from __future__ import annotations

from typing import NamedTuple

from models.habit import mean_gap
from models.history import History


class Pace(NamedTuple):
    """Lists by place in the history."""

    counts: list[float]
    gap: list[float]
    """Visits from one purchase of the product to the next."""
    since: list[int]
    """Visits since the last."""
    mean_since: float
    n_visits: int

    def often(self, place: int) -> str:
        """In how many visits it was bought."""
        return (
            f"{self.counts[place]:.0f} of your last {visits(self.n_visits)}"
            if self.n_visits > 1
            else "on your only visit"
        )

    def last(self, place: int) -> str:
        """When it was bought last."""
        return f"{visits(self.since[place])} before the last" if self.since[place] else "on your last visit"


def pace_of(history: History) -> Pace:
    """Of a history with a product in it at least."""
    since = history.visits_since
    gap = mean_gap(history).tolist()
    return Pace(history.counts.tolist(), gap, since.tolist(), float(since.mean()), history.n_visits)


def visits(n: int) -> str:
    """A number of them."""
    return "1 visit" if n == 1 else f"{n} visits"
