"""Fits the hour of a visit given its day: the chain's and the stores' densities, the topics, and the weights of the mix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.habits import HOURS, WEEKDAYS, habits_of, kernel
from models.slot_grounds import FIXED, NARROW_H, WEEKEND, SlotGrounds
from models.visits import Visits, weekday_of
from training.visit_log import VisitLog
from training.when_topics import fit_topics, weeks_of

TOPICS = (6, 12, 24, 10)
"""Topics in each set; sets differ in their seeds too."""
LEAST_CASES = 300
RECENT_D = 60.0
"""Half-life of a visit in the chain's and the stores' densities."""
STORE_STRENGTH = 4.0
RIDGE = 1e-3


def chain_density(visits: Visits, as_of_day: int) -> NDArray[np.float64]:
    """float64[7, 24]: by weekday, a user weighing with the root of their visits; a fiftieth of all days is mixed into each."""
    weight = _weight(visits, as_of_day)
    counts = np.bincount(weekday_of(visits.day) * HOURS + visits.hour, weight, WEEKDAYS * HOURS)
    week = counts.reshape(WEEKDAYS, HOURS) @ kernel(NARROW_H) + 1e-3 / HOURS
    return _unit(week + 0.02 * week.sum(axis=0))


def store_density(visits: Visits, as_of_day: int, n_stores: int, chain: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[stores, 2, 24]: on working days and at the weekend, shrunk to the chain's by `STORE_STRENGTH`."""
    known = visits.store >= 0
    kind = WEEKEND[weekday_of(visits.day[known])].astype(np.int64)
    cell = (visits.store[known] * 2 + kind) * HOURS + visits.hour[known]
    counts = np.bincount(cell, _weight(visits, as_of_day)[known], n_stores * 2 * HOURS).reshape(n_stores, 2, HOURS)
    wide = np.stack([chain[~WEEKEND].mean(axis=0), chain[WEEKEND].mean(axis=0)])
    return _unit(counts @ kernel(NARROW_H) + STORE_STRENGTH * wide)


def usual_store(visits: Visits) -> NDArray[np.int64]:
    """int64[n]: the store of most visits, each counting .9 of the one after it; -1 for none."""
    known = visits.store >= 0
    width = int(visits.store.max(initial=0)) + 1
    pair, place = np.unique(visits.owner[known] * width + visits.store[known], return_inverse=True)
    weight = np.bincount(place, 0.9 ** visits.back[known], len(pair))
    order = np.lexsort((-(pair % width), weight, pair // width))
    found = np.full(len(visits), -1, dtype=np.int64)
    found[pair[order] // width] = pair[order] % width
    return found


def grounds_at(log: VisitLog, day: int, seed: int, sizes: Sequence[int] = TOPICS) -> SlotGrounds:
    """The densities as known when `day` begins."""
    visits = log.before(day)
    chain, weeks = chain_density(visits, day), weeks_of(visits, day)
    topics = tuple(fit_topics(weeks, k, seed + nth) for nth, k in enumerate(sizes))
    return SlotGrounds(chain, store_density(visits, day, len(log.stores), chain), topics)


def slot_cases(
    log: VisitLog, grounds: SlotGrounds, day: int, until: int, least: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(logs float64[n, 24, terms], hour int64[n]): each user's next visit from `day` on, who had `least` visits before it."""
    visits = log.before(day)
    ahead = log.next_from(day, until)
    ahead = ahead[visits.n_visits[log.user[ahead]] >= least]
    days = np.full(len(visits), day)
    days[log.user[ahead]] = log.day[ahead]
    logs = grounds.logs(habits_of(visits, day, usual_store(visits), grounds.topics), days)
    return logs[log.user[ahead]], log.hour[ahead]


def fit_slots(
    log: VisitLog, anchors: Sequence[int], end: int, seed: int
) -> tuple[dict[str, NDArray[Any]], list[int], list[str]]:
    """(arrays `slot_…` and `topic_…`, sizes of the sets of topics, what was fallen back on).

    The weights are fitted on the next visit after each anchor day; chain and stores as known at that day, topics as at the end.
    """
    now = grounds_at(log, end, seed)
    cases = [slot_cases(log, _then(log, day, now), day, end, 1) for day in anchors]
    hours = np.concatenate([np.zeros(0, np.int64), *(hour for _, hour in cases)])
    if len(hours) < LEAST_CASES:
        weights, bias = np.zeros(now.n_terms), np.zeros(HOURS)
        weights[FIXED.index("day_long")] = 1.0
        told = [
            f"{len(hours)} next visits to learn from: the hour is the user's own, shrunk to weekday, store and chain"
        ]
    else:
        weights, bias = fit_mix(np.concatenate([logs for logs, _ in cases]), hours)
        told = []
    arrays = {
        "slot_chain": now.chain,
        "slot_store": now.store,
        "slot_weights": weights,
        "slot_bias": bias,
        "topic_hours": np.concatenate([each.hours for each in now.topics]),
        "topic_share": np.concatenate([each.share for each in now.topics]),
    }
    return arrays, [len(each.share) for each in now.topics], told


def fit_mix(logs: NDArray[np.float64], hour: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(weights float64[terms], bias float64[24]) of least log loss: a conditional logit (McFadden 1974) with a small ridge."""
    n, n_terms = len(hour), logs.shape[2]
    rows = np.arange(n)
    narrow = logs.astype(np.float32)
    flat = narrow.reshape(-1, n_terms)

    def loss(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = (flat @ at[:n_terms].astype(np.float32)).reshape(n, HOURS).astype(np.float64) + at[n_terms:]
        score -= score.max(axis=1, keepdims=True)
        mass = np.exp(score)
        chance = mass / mass.sum(axis=1, keepdims=True)
        value = -np.log(chance[rows, hour]).mean() + RIDGE * float(at @ at)
        chance[rows, hour] -= 1.0
        slope = flat.T @ chance.astype(np.float32).ravel() / n
        return value, np.concatenate([slope, chance.mean(axis=0)]) + 2 * RIDGE * at

    start = np.concatenate([np.full(n_terms, 1.0 / n_terms), np.zeros(HOURS)])
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return best[:n_terms], best[n_terms:]


def _then(log: VisitLog, day: int, now: SlotGrounds) -> SlotGrounds:
    visits = log.before(day)
    chain = chain_density(visits, day)
    return SlotGrounds(chain, store_density(visits, day, len(log.stores), chain), now.topics)


def _weight(visits: Visits, as_of_day: int) -> NDArray[np.float64]:
    return np.asarray(0.5 ** ((as_of_day - 1 - visits.day) / RECENT_D) / np.sqrt(visits.held[visits.owner]), np.float64)


def _unit(density: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(density / density.sum(axis=-1, keepdims=True), dtype=np.float64)
