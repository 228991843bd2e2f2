"""Fits which store is next: for each store of a user's past, whether the next visit went there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.store_features import STORE_NAMES, USUAL, store_candidates
from training.trees import none
from training.visit_log import VisitLog
from training.when_margin import Cases, choose, fit_pair

INNER_WEEKS = 4
LEAST_WEEKS, LEAST_CASES = 8, 500
TREES, LEAVES, RATE_STEP = 120, 8, 0.06


def store_cases(log: VisitLog, anchors: Sequence[int], until: int, least: int = 2) -> Cases:
    """Candidates of whoever had `least` visits before an anchor day, came again before `until`, and had more than one store."""
    xs, ys = [np.zeros((0, len(STORE_NAMES)))], [np.zeros(0, dtype=bool)]
    for day in anchors:
        visits = log.before(day)
        went = np.full(len(visits), -1, dtype=np.int64)
        ahead = log.next_from(day, until)
        went[log.user[ahead]] = log.store[ahead]
        found = store_candidates(visits, day)
        several = np.bincount(found.owner, minlength=len(visits)) > 1
        asked = ((went >= 0) & several & (visits.n_visits >= least))[found.owner]
        xs.append(found.features[asked])
        ys.append((found.store == went[found.owner])[asked])
    return Cases(np.concatenate(xs), np.concatenate(ys))


def fit_stores(
    log: VisitLog, anchors: Sequence[int], end: int, seed: int
) -> tuple[dict[str, NDArray[Any]], dict[str, float], list[str]]:
    """(arrays `store_…`, what was chosen, what was fallen back on); anchors: newest first, all before `end`."""
    late, early = store_cases(log, anchors[:INNER_WEEKS], end), store_cases(log, anchors[INNER_WEEKS:], end)
    whole = Cases(np.concatenate([late.x, early.x]), np.concatenate([late.y, early.y]))
    if len(anchors) < LEAST_WEEKS or len(early.y) < LEAST_CASES or not (early.both and late.both):
        weights = np.zeros(len(STORE_NAMES) + 1)
        weights[STORE_NAMES.index(USUAL)] = 1.0
        told = (
            f"{len(whole.y)} choices between stores to learn from: the next store is chosen by its share of past visits"
        )
        return {"store_weights": weights, **none().arrays("store_")}, {"store_trees_share": 0.0}, [told]
    found = choose(fit_pair(early, seed, TREES, LEAVES, RATE_STEP), late, "store")
    arrays = fit_pair(whole, seed, TREES, LEAVES, RATE_STEP).chosen("store", found)
    return arrays, found, []
