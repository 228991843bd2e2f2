"""What a customer's purchases say about the coming ones: counts, recency, sums, and what BG/NBD expects a week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.bgnbd import BgNbd, fit

Floats = NDArray[np.float64]
WEEK = 7.0
LEAST_AGE = 2.0
"""Weeks that a customer must have been known before a cut to be learned from at it."""


@dataclass(frozen=True)
class Purchases:
    """A row a customer's day with purchases, sorted by customer, then day; every customer has one.

    customer int64[n]: 0 … n_customers − 1; day int64[n]; spent and units float64[n].
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    spent: Floats
    units: Floats
    n_customers: int

    def counted(self, start: int, end: int) -> Floats:
        """float64[n_customers]: days with purchases in [start, end)."""
        return np.bincount(self.customer[(self.day >= start) & (self.day < end)], minlength=self.n_customers).astype(
            float
        )

    def before(self, end: int) -> Purchases:
        """Only those before `end`: nothing of what came later is left to look at."""
        kept = self.day < end
        return Purchases(self.customer[kept], self.day[kept], self.spent[kept], self.units[kept], self.n_customers)


@dataclass(frozen=True)
class Summary:
    """At a cut, float64[n_customers] each: repeat purchases; weeks from first to last; weeks from first to the cut's last day.

    NaN for who is no customer yet.
    """

    frequency: Floats
    recency: Floats
    age: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whose age is `LEAST_AGE` or more."""
        return np.nan_to_num(self.age, nan=-1.0) >= LEAST_AGE


def summary(purchases: Purchases, cut: int) -> Summary:
    """Of the purchases before `cut`."""
    seen = purchases.before(cut)
    first, last = np.full(seen.n_customers, np.nan), np.full(seen.n_customers, np.nan)
    # Sorted by day: written back to front the first stays, front to back the last.
    first[seen.customer[::-1]] = seen.day[::-1]
    last[seen.customer] = seen.day
    frequency = seen.counted(0, cut) - 1.0
    return Summary(np.where(np.isnan(first), np.nan, frequency), (last - first) / WEEK, (cut - 1 - first) / WEEK)


def fit_summary(at: Summary) -> BgNbd:
    """BG/NBD on the known customers of a cut."""
    return fit(at.frequency[at.known], at.recency[at.known], at.age[at.known])


def features(purchases: Purchases, cut: int, horizon: float, model: BgNbd) -> Floats:
    """float64[known customers, 14]: rows as in `summary(purchases, cut).known`; horizon in weeks, for BG/NBD's expectation."""
    at, seen = summary(purchases, cut), purchases.before(cut)
    x, idle = at.frequency, at.age - at.recency
    opening = seen.day == seen.day[np.searchsorted(seen.customer, seen.customer)]
    n = np.maximum(np.bincount(seen.customer, minlength=seen.n_customers), 1)

    def total(weight: Floats, rows: NDArray[np.bool_] | slice = slice(None)) -> Floats:
        return np.asarray(np.bincount(seen.customer[rows], weight[rows], seen.n_customers), dtype=np.float64)

    decayed = [total(np.exp((seen.day - cut) / days)) for days in (30.0, 90.0)]
    lately = total(((seen.day >= cut - 60) & ~opening).astype(float))
    newest = np.zeros(seen.n_customers)
    newest[seen.customer] = seen.spent
    amounts = [total(seen.spent) / n, total(seen.spent, opening), total(seen.units, opening), newest]
    known = at.known
    rate = model.expected(x[known], at.recency[known], at.age[known], horizon) / horizon
    columns = [x == 0, x == 1, idle / (at.age + 1.0)]
    logged = [np.log1p(np.maximum(each, 0.0)) for each in (x, idle, *decayed, lately, *amounts)]
    ordered = [logged[0], columns[0], columns[1], logged[1], columns[2], *logged[2:], np.log(np.maximum(at.age, 0.5))]
    return np.column_stack([np.log(rate), *(np.asarray(each, dtype=np.float64)[known] for each in ordered)])
