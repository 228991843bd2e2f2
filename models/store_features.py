"""What tells one store of a user's past from another: how often, how lately, and what used to follow the last one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.visits import Visits

FADES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""What a visit counts for, of the one after it, in six shares of visits."""
HALVES_D = (14, 60, 200)
USUAL = f"share_{FADES[3]}"
LAST = 4
STORE_NAMES = (
    *(f"share_{fade}" for fade in FADES),
    *(f"share_{half}_d" for half in HALVES_D),
    *("visits", "visits_of_user", "share_all", "visits_since", "days_since"),
    *(f"was_last_{nth}" for nth in range(1, LAST + 1)),
    *("follows_3", "follows_1", "followed", "overdue", "trend", "of_top", "top", "stores_of_user", "rank", "recency"),
)
_FLOOR = 1e-3


@dataclass(frozen=True)
class Candidates:
    """One row per user and store visited: owner, store int64[c], sorted by both; features float64[c, len(STORE_NAMES)]."""

    owner: np.ndarray
    store: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class _Counted:
    """Visits with a known store: owner, store, pair (number of the candidate), back (0 the last) and lag in days, int64[m]."""

    n: int
    owner: np.ndarray
    store: np.ndarray
    pair: np.ndarray
    back: np.ndarray
    lag: np.ndarray
    of: np.ndarray
    """int64[c]: user of each candidate."""

    def share(self, weight: np.ndarray) -> np.ndarray:
        """float64[c]: of the user's weight of visits, the store's part."""
        total = np.bincount(self.owner, weight, self.n)
        return np.bincount(self.pair, weight, len(self.of)) / np.maximum(total[self.of], 1e-300)

    def least(self, value: np.ndarray) -> np.ndarray:
        """float64[c]: the least value among the candidate's visits."""
        found = np.full(len(self.of), np.inf)
        np.minimum.at(found, self.pair, value.astype(np.float64))
        return found


def store_candidates(visits: Visits, as_of_day: int) -> Candidates:
    """Every store each user's listed visits name, with its features. ValueError for a visit on `as_of_day` or later."""
    visits.check_before(as_of_day)
    known = visits.store >= 0
    owner, store = visits.owner[known], visits.store[known]
    width = int(store.max(initial=0)) + 1
    pairs, pair = np.unique(owner * width + store, return_inverse=True)
    count = np.bincount(owner, minlength=len(visits))
    back = np.cumsum(count)[owner] - 1 - np.arange(len(owner))
    counted = _Counted(len(visits), owner, store, pair, back, as_of_day - 1 - visits.day[known], pairs // width)
    features = np.hstack([_often(counted, count), _after(counted), _beside(counted)])
    return Candidates(pairs // width, pairs % width, features)


def _often(at: _Counted, count: np.ndarray) -> np.ndarray:
    columns = [np.log(at.share(fade**at.back) + _FLOOR) for fade in FADES]
    columns += [np.log(at.share(0.5 ** (at.lag / half)) + _FLOOR) for half in HALVES_D]
    times, all_times = np.bincount(at.pair, minlength=len(at.of)), count[at.of]
    since = np.log1p(at.least(at.back))
    columns += [np.log(times), np.log(all_times), np.log(times / all_times), since, np.log1p(at.least(at.lag))]
    for nth in range(LAST):
        column = np.zeros(len(at.of))
        column[at.pair[at.back == nth]] = 1.0
        columns.append(column)
    return np.stack(columns, axis=1)


def _after(at: _Counted) -> np.ndarray:
    """What came after earlier visits to the store of the last visit, shrunk to the user's usual shares by 3 and by 1 visits."""
    last = np.full(at.n, -1, dtype=np.int64)
    last[at.owner[at.back == 0]] = at.store[at.back == 0]
    follows = np.zeros(len(at.owner), dtype=bool)
    follows[1:] = (np.diff(at.owner) == 0) & (at.store[:-1] == last[at.owner[1:]])
    weight = follows * 0.97**at.back
    went = np.bincount(at.pair, weight, len(at.of))
    followed = np.bincount(at.owner, weight, at.n)[at.of]
    usual = at.share(0.95**at.back)
    columns = [np.log((went + strength * usual) / (followed + strength) + _FLOOR) for strength in (3.0, 1.0)]
    return np.stack([*columns, np.log1p(followed)], axis=1)


def _beside(at: _Counted) -> np.ndarray:
    """How the store stands among the user's stores."""
    times, of = np.bincount(at.pair, minlength=len(at.of)), at.of
    every = np.bincount(at.owner, minlength=at.n)[of] / times
    share = at.share(0.9**at.back)
    top = np.zeros(at.n)
    np.maximum.at(top, of, share)
    n_stores = np.bincount(of, minlength=at.n)
    order = np.lexsort((-share, of))
    rank = np.empty(len(of))
    rank[order] = np.arange(len(of)) - (np.cumsum(n_stores) - n_stores)[of[order]]
    recency = np.full(at.n, np.inf)
    np.minimum.at(recency, at.owner, at.lag.astype(np.float64))
    overdue = np.log1p(at.least(at.back)) - np.log(every)
    trend = np.log(at.share(0.8**at.back) + _FLOOR) - np.log(at.share(0.98**at.back) + _FLOOR)
    told = (overdue, trend, share / top[of], top[of], n_stores[of], rank, np.log1p(recency[of]))
    return np.stack(told, axis=1).astype(np.float64)
