"""Neighbourhoods of a plan, searched one by one where a proof is out of reach.

A neighbourhood is a store, two or three: those who are given nothing or something there may be given anything else
there, searched exactly while all others stay as they are (Shaw 1998, Using constraint programming and local search
methods to solve vehicle routing problems, for the idea of large neighbourhoods).
"""

from __future__ import annotations

import numpy as np

from offers.label_steps import Effort
from offers.labels import search
from offers.options import Options

LOCAL_EFFORT = 1.5e8
"""Numbers written by all searches of neighbourhoods before they are given up: seconds."""
NEAR, LOCAL_WIDTH = 40, 500
"""Choosers moved at a time, those with the nearest alternatives, and labels kept of them."""


def explored(
    options: Options, room: np.ndarray, prices: np.ndarray, taken: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The plan after searching each store, then two and three of them at random, again while that helps and effort is left."""
    work, left = Effort(LOCAL_EFFORT), room - options.use[taken].sum(axis=0)
    stores = np.flatnonzero(np.max(options.use, axis=0)[1:-1]) + 1
    pairs = [stores[[a, b]] for a in range(len(stores)) for b in range(a)]
    threes = [rng.choice(stores, 3, replace=False) for _ in range(2 * len(pairs)) if len(stores) > 2]
    before = np.inf
    while work.left > 0:
        regret = float(options.regret[taken].sum() + left @ prices)
        if regret >= before * (1.0 - 1e-9):
            break
        before = regret
        rng.shuffle(pairs)
        for places in [*(stores[[n]] for n in range(len(stores))), *pairs, *threes]:
            if work.left < 0:
                break
            taken, left = _neighbourhood(options, prices, taken, left, np.append(0, places), work)
    return taken


def _neighbourhood(
    options: Options, prices: np.ndarray, taken: np.ndarray, left: np.ndarray, places: np.ndarray, work: Effort
) -> tuple[np.ndarray, np.ndarray]:
    """The best plan that differs from `taken` in what is used at `places` only, and what it leaves of the limits."""
    here = np.zeros(len(prices), dtype=bool)
    here[places] = True
    keep: np.ndarray = np.max(options.use[:, ~here], axis=1) == 0
    of = np.repeat(np.arange(len(options)), np.diff(options.indptr))
    change = np.abs(options.regret - options.regret[taken[of]])
    change[~keep | (taken[of] == np.arange(len(of))) | ~keep[taken[of]]] = np.inf
    nearest = np.minimum.reduceat(change, options.indptr[:-1])
    few = np.argsort(nearest, kind="stable")[:NEAR]
    few = np.sort(few[np.isfinite(nearest[few])])
    if not len(few):
        return taken, left
    sub, old = options.only(few, keep)
    mine = taken[few]
    room = np.where(here, left + options.use[mine].sum(axis=0), 0)
    price = np.where(here, prices, 0.0)
    within = float(options.regret[mine].sum() + left @ price)
    found = search(sub, room, price, within * (1.0 - 1e-9) - 1e-9, LOCAL_WIDTH, work)
    if found is None:
        return taken, left
    fresh = taken.copy()
    fresh[few] = old[found]
    return fresh, left + options.use[mine].sum(axis=0) - options.use[fresh[few]].sum(axis=0)


def taken_by(options: Options, pick: np.ndarray) -> np.ndarray:
    """The options that make up a plan."""
    arms = set(pick.tolist())
    bounds = zip(options.indptr[:-1].tolist(), options.indptr[1:].tolist(), strict=True)
    mine = [[o for o in range(low, high) if arms.issuperset(options.arms[o])] for low, high in bounds]
    # Of a coupled user's combinations the one with all that were picked; nothing is part of every plan.
    return np.array([max(ways, key=lambda o: len(options.arms[o])) for ways in mine], dtype=np.int64)
