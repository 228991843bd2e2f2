"""Polishing a plan of few rows: to the proven optimum where the search gets there, else neighbourhood by neighbourhood.

A neighbourhood is a store or two: everybody who is given nothing or something there may be given anything else there,
searched exactly while all others stay as they are (Shaw 1998, large neighbourhood search).
"""

from __future__ import annotations

import numpy as np

from offers.labels import Effort, search
from offers.options import Options, options_of
from offers.rows import Rows

WIDTHS = (300, 3_000)
EFFORT, LOCAL_EFFORT = 1e8, 8e7
"""Numbers written by a search for a proof, and by all searches of neighbourhoods, before they are given up: seconds each."""
NEAR, LOCAL_WIDTH = 40, 500


def polished(
    rows: Rows, room: np.ndarray, prices: np.ndarray, bound: float, pick: np.ndarray, seed: int
) -> tuple[np.ndarray, bool]:
    """A plan at least as good as `pick` (int64[R], within `room`), and whether it is proven that none is better.

    bound: the dual of the rows at the prices.
    """
    tiny = 1e-9 * (1.0 + abs(bound))
    for width in WIDTHS:
        short = bound - float(rows.value[pick[pick >= 0]].sum())
        options = options_of(rows, prices, short + tiny) if short > tiny else None
        if options is None:
            return pick, short <= tiny
        work = Effort(EFFORT)
        found = search(options, room, prices, short - tiny, width, work)
        if found is None and work.cut and width == WIDTHS[0]:
            found = _explored(options, room, prices, _taken(rows, options, pick), np.random.default_rng(seed))
        pick = pick if found is None else _picked(rows, options, found)
        if not work.cut:
            return pick, True
    return pick, False


def _explored(
    options: Options, room: np.ndarray, prices: np.ndarray, taken: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The plan after searching each store, then pairs of stores at random, until nothing changes or the effort is spent."""
    work, left = Effort(LOCAL_EFFORT), room - options.use[taken].sum(axis=0)
    used = options.use > 0
    stores = np.flatnonzero((used & (prices[None, :] >= 0)).any(axis=0)[1:-1]) + 1
    pairs = [stores[[a, b]] for a in range(len(stores)) for b in range(a)]
    rng.shuffle(pairs)
    for places in [*(stores[[n]] for n in range(len(stores))), *pairs]:
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
    keep = ~(options.use[:, ~here] > 0).any(axis=1)
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


def _taken(rows: Rows, options: Options, pick: np.ndarray) -> np.ndarray:
    """The options that make up a plan."""
    arms = set(pick.tolist())
    bounds = zip(options.indptr[:-1].tolist(), options.indptr[1:].tolist(), strict=True)
    mine = [[o for o in range(low, high) if arms.issuperset(options.arms[o])] for low, high in bounds]
    # Of a coupled user's combinations the one with all that were picked; nothing is part of every plan.
    return np.array([max(ways, key=lambda o: len(options.arms[o])) for ways in mine], dtype=np.int64)


def _picked(rows: Rows, options: Options, taken: np.ndarray) -> np.ndarray:
    pick = np.full(len(rows), -1, dtype=np.int64)
    for option in taken.tolist():
        for arm in options.arms[option]:
            pick[rows.row[arm]] = arm
    return pick
