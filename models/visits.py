"""What is known of a block of users' visits, as ragged arrays: what `feature_repo`'s view `user_visits` holds, row by row.

A *visit* is one store-local day with a purchase; its hour and store are those of the day's first basket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.vocabulary import Vocabulary

KEPT = 128
"""How many of a user's last visits are kept. What came before is in `n_visits` and `first_day` only."""
_THURSDAY = 3  # day number 0, 1970-01-01


@dataclass(frozen=True)
class Visits:
    """The last visits of n users. Entries indptr[u]:indptr[u+1] are user u's, oldest first, one a day.

    indptr int64[n+1]; day int64[m]: store-local days since 1970; hour int64[m]: 0 to 23, of the store's clock; store int64[m]:
    row in the artifact's stores, -1 for none or an unknown one; n_visits int64[n]: all visits ever; first_day int64[n]: the
    first of them, of any value for a user without a visit.
    """

    indptr: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    store: np.ndarray
    n_visits: np.ndarray
    first_day: np.ndarray

    def __post_init__(self) -> None:
        """ValueError for arrays that do not fit each other, days out of order, or an hour that is none."""
        m = len(self.day)
        if not (len(self.indptr) == len(self.n_visits) + 1 == len(self.first_day) + 1):
            raise ValueError("visits: indptr, n_visits and first_day do not speak of the same users")
        if self.indptr[0] != 0 or self.indptr[-1] != m or (np.diff(self.indptr) < 0).any():
            raise ValueError("visits: indptr does not rise from 0 to the number of visits")
        if not (len(self.hour) == len(self.store) == m):
            raise ValueError("visits: day, hour and store differ in length")
        if (self.held > self.n_visits).any():
            raise ValueError("visits: a user has more visits listed than n_visits says")
        if m and not (self.hour.min() >= 0 and self.hour.max() < 24):
            raise ValueError("visits: an hour is not 0 to 23")
        if (np.diff(self.day)[np.diff(self.owner) == 0] <= 0).any():
            raise ValueError("visits: a user's days do not rise: one visit a day, oldest first")

    def __len__(self) -> int:
        """Users."""
        return len(self.n_visits)

    @cached_property
    def held(self) -> np.ndarray:
        """int64[n]: visits listed of each user."""
        return np.diff(self.indptr)

    @cached_property
    def owner(self) -> np.ndarray:
        """int64[m]: the user of each visit."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.held)

    @cached_property
    def back(self) -> np.ndarray:
        """int64[m]: 0 for a user's last visit, 1 for the one before it."""
        return self.indptr[1:][self.owner] - 1 - np.arange(len(self.day), dtype=np.int64)

    def last(self, column: np.ndarray, missing: int) -> np.ndarray:
        """int64[n]: `column` (day, hour or store) at each user's last visit, `missing` for a user without one."""
        found = np.full(len(self), missing, dtype=np.int64)
        some = self.held > 0
        found[some] = column[self.indptr[1:][some] - 1]
        return found

    def check_before(self, as_of_day: int) -> None:
        """ValueError when a visit is on `as_of_day` or later: what is asked about would be known already."""
        if len(self.day) and self.day.max() >= as_of_day:
            raise ValueError(f"a visit on day {self.day.max()} is not before day {as_of_day}: cut the visits first")

    def block(self, first: int, last: int) -> Visits:
        """Users first to last (not included) alone."""
        a, b = self.indptr[first], self.indptr[last]
        return Visits(
            self.indptr[first : last + 1] - a,
            self.day[a:b],
            self.hour[a:b],
            self.store[a:b],
            self.n_visits[first:last],
            self.first_day[first:last],
        )


def weekday_of(day: np.ndarray | int) -> np.ndarray:
    """int64, 0 = Monday, of days since 1970."""
    return np.asarray((np.asarray(day, dtype=np.int64) + _THURSDAY) % 7)


def rows_of(stores: Vocabulary, ids: Sequence[str | None]) -> np.ndarray:
    """int64[len(ids)]: the row of each store id, -1 for None and for a store the artifact does not know."""
    known = stores.row
    return np.fromiter((-1 if name is None else known.get(name, -1) for name in ids), np.int64, len(ids))
