"""What When is held against: recency and rate, a shrunk histogram of the user's own slots, and the usual store."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.when_cut import SLOT_H, WEEK, Cut
from models.visit_features import VISIT_NAMES, visit_features
from models.visits import Visits
from training.when_fit import anchors_of

SLOTS = 24 // SLOT_H
STRENGTHS = (2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0)
_COLUMNS = [VISIT_NAMES.index(name) for name in ("recency", "rate")]


def recency_and_rate(cut: Cut) -> NDArray[np.float64]:
    """float64[users]: chance within the week, a logistic regression on the logs of both, fitted on the weeks before the cut."""
    past = cut.log
    xs, ys = [], []
    for day in anchors_of(past, cut.day):
        visits = past.before(day)
        asked = visits.n_visits >= 5
        xs.append(visit_features(visits, day)[asked][:, _COLUMNS])
        ys.append(past.comes(day, WEEK).max(axis=1)[asked])
    fit = LogisticRegression().fit(np.concatenate(xs), np.concatenate(ys))
    return fit.predict_proba(visit_features(cut.visits, cut.day)[cut.users][:, _COLUMNS])[:, 1]


def own_slots(cut: Cut) -> NDArray[np.float64]:
    """float64[next, 12]: the user's histogram of slots, shrunk to everybody's; the strength from the week before the cut."""
    early = cut.day - WEEK
    ahead = cut.log.next_from(early, cut.day)
    of, slot = cut.log.user[ahead], cut.log.hour[ahead] // SLOT_H
    counts = _slot_counts(cut.log.before(early))
    losses = [-np.log(_shrunk(counts, each)[of, slot]).mean() for each in STRENGTHS]
    return _shrunk(_slot_counts(cut.visits), STRENGTHS[int(np.argmin(losses))])[cut.of]


def usual_store(cut: Cut, fade: float) -> NDArray[np.int64]:
    """int64[next]: the store of most visits, each counting `fade` of the one after it (1: all alike)."""
    visits, n_stores = cut.visits, len(cut.log.stores)
    known = visits.store >= 0
    cell = visits.owner[known] * n_stores + visits.store[known]
    weight = np.bincount(cell, fade ** visits.back[known].astype(np.float64), len(visits) * n_stores)
    return weight.reshape(len(visits), n_stores).argmax(axis=1)[cut.of]


def _slot_counts(visits: Visits) -> NDArray[np.float64]:
    cell = visits.owner * SLOTS + visits.hour // SLOT_H
    return np.bincount(cell, minlength=len(visits) * SLOTS).reshape(-1, SLOTS).astype(np.float64)


def _shrunk(counts: NDArray[np.float64], strength: float) -> NDArray[np.float64]:
    chain = (counts.sum(axis=0) + 1.0) / (counts.sum() + SLOTS)
    return (counts + strength * chain) / (counts.sum(axis=1, keepdims=True) + strength)
