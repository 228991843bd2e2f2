"""Polishing a plan of few rows: to the proven optimum where the search gets there, else neighbourhood by neighbourhood.

A neighbourhood is a store or two: everybody who is given nothing or something there may be given anything else there,
searched exactly while all others stay as they are (Shaw 1998, large neighbourhood search).
"""

from __future__ import annotations

import numpy as np

from offers.label_steps import Effort
from offers.labels import search
from offers.options import Options, options_of
from offers.prices import find_prices
from offers.repair import left_over
from offers.rows import Rows

WIDTHS = (300, 3_000, 30_000, 300_000)
EFFORT, LOCAL_EFFORT = 6e7, 1.5e8
"""Numbers written by a search for a proof, and by all searches of neighbourhoods, before they are given up: seconds each."""
NEAR, LOCAL_WIDTH = 40, 500
"""Choosers moved at a time, those with the nearest alternatives, and labels kept of them."""
FINE = (1e-3, 1e-7)
"""Smoothing of the prices a proof rests on."""


def polished(
    rows: Rows, room: np.ndarray, prices: np.ndarray, bound: float, pick: np.ndarray, seed: int, prove: bool
) -> tuple[np.ndarray, bool]:
    """A plan at least as good as `pick` (int64[R], within `room`), and whether it is proven that none is better.

    bound: the dual of the rows at the prices. prove: search for a proof; else only rows with near alternatives are moved.
    """
    room, spared = _whole(rows, room)
    bound -= float(prices @ spared)
    if prove:
        exact = find_prices(rows, room, prices, *FINE)
        prices, bound = (exact.prices, exact.bound) if exact.bound < bound else (prices, bound)
    tiny = 1e-9 * (1.0 + abs(bound))
    for width in WIDTHS if prove else (0,):
        short = bound - float(rows.value[pick[pick >= 0]].sum())
        if short <= tiny:
            return pick, True
        moving = np.flatnonzero(_movable(rows, prices, pick, short + tiny if prove else short / 8))
        few, mine, left = _among(rows, pick, moving, room)
        options = options_of(few, prices, short + tiny)
        if options is None:
            return pick, False
        work = Effort(EFFORT)
        found = search(options, left, prices, short - tiny, width, work) if prove else None
        if width == WIDTHS[0] * prove and (work.cut or not prove):
            taken = _taken(options, mine) if found is None else found
            found = _explored(options, left, prices, taken, np.random.default_rng(seed))
        if found is not None:
            arms = np.array([arm for option in found.tolist() for arm in options.arms[option]], dtype=np.int64)
            pick = pick.copy()
            pick[moving] = -1
            row = moving[few.row[arms]]
            pick[row] = rows.indptr[row] + arms - few.indptr[few.row[arms]]
        if prove and not work.cut:
            return pick, True
        if work.left < 0:
            break
    return pick, bound - float(rows.value[pick[pick >= 0]].sum()) <= tiny


def _whole(rows: Rows, room: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits cut to multiples of what all costs under them are multiples of, and what is cut off, which nobody can use."""
    common = np.zeros(len(room), dtype=np.int64)
    np.gcd.at(common, rows.store, rows.cost)
    common[0] = np.gcd.reduce(rows.cost) if len(rows) else 0
    common[-1] = 0
    spared = np.where(common > 1, room % np.maximum(common, 1), 0)
    return room - spared, spared


def _movable(rows: Rows, prices: np.ndarray, pick: np.ndarray, within: float) -> np.ndarray:
    """bool[R]: rows that have another arm, or nothing, with a regret of at most `within`; coupled rows always."""
    worth = rows.reduced(prices)
    best = np.maximum(np.maximum.reduceat(worth, rows.indptr[:-1]), 0.0)
    near = np.asarray(best[rows.row] - worth <= within)
    near[pick[pick >= 0]] = False
    some: np.ndarray = np.maximum.reduceat(near, rows.indptr[:-1])
    return some | ((pick >= 0) & (best <= within)) | (rows.group >= 0)


def _among(rows: Rows, pick: np.ndarray, moving: np.ndarray, room: np.ndarray) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Some rows alone, what is picked of them, and the room that is theirs while the others stay as they are."""
    few, chosen = rows.only(moving), pick[moving]
    mine = np.where(chosen < 0, -1, chosen - rows.indptr[moving] + few.indptr[:-1])
    fixed = pick.copy()
    fixed[moving] = -1
    return few, mine, left_over(rows, fixed, room)


def _explored(
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


def _taken(options: Options, pick: np.ndarray) -> np.ndarray:
    """The options that make up a plan."""
    arms = set(pick.tolist())
    bounds = zip(options.indptr[:-1].tolist(), options.indptr[1:].tolist(), strict=True)
    mine = [[o for o in range(low, high) if arms.issuperset(options.arms[o])] for low, high in bounds]
    # Of a coupled user's combinations the one with all that were picked; nothing is part of every plan.
    return np.array([max(ways, key=lambda o: len(options.arms[o])) for ways in mine], dtype=np.int64)
