"""The terms of the score, from one user's history, a store and an hour. No Python loop runs over products.

score(u, j) = Σ_t blend_weights[t] · term_t(u, j). Terms, by name (the history's are in `habit.py`, 0 off the history):

| term | value | source |
|---|---|---|
| intercept | 1 | |
| als | x_u · y_j, x_u folded in | Hu, Koren & Volinsky 2008 |
| cold | [mean of the history's cold factors, weighed by `decayed`; 1] · cold_j | LightFM (Kula 2015) |
| popularity | log share in the store and daypart, shrunk to the chain | `popularity.py` |
| seen | 1 | |
| habit, count, share | log decayed share; log visits with it; decayed share | `habit.py` |
| recency, due, rebuy | log1p visits since; log1p(visits since / mean gap); log rebuy rate | `habit.py` |
| lately | log of a share that decays faster | `habit.py` |
| als_seen, cold_seen, popularity_seen | the dense terms again, so that they may weigh otherwise for the usual | |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models import habit
from models.foldin import normal_equations
from models.history import History
from models.parts import Parts
from models.popularity import Cell, log_popularity
from models.timing import WEEK


@dataclass(frozen=True)
class Ask:
    """One question, understood: what the terms of any product are reckoned from."""

    known: History
    """The products of the history that the artifact knows."""
    rows: np.ndarray
    """int32[k]: product row of each row of `known`."""
    n_unknown: int
    """Products of the history that the artifact does not know; they count for nothing."""
    store_id: str | None
    """None when not given or not known."""
    daypart: str | None
    cell: Cell
    log_popularity: np.ndarray
    """float32[n]."""
    confidence: np.ndarray
    """float32[k]: alpha · counts or decayed."""
    normal: np.ndarray
    """float64[f,f]: the matrix A of the fold-in."""
    als_user: np.ndarray
    """float32[f]."""
    cold_user: np.ndarray
    """float32[g]; the last is 1 and meets the bias column."""


def understand(parts: Parts, history: History, store_id: str | None, hour_of_week: int | None) -> Ask:
    """Meet the artifact's rows: known products, the cell of the place and time, the two user vectors.

    hour_of_week: Monday 00:00 = 0 in the store's own zone; ValueError outside 0 to 167.
    """
    if hour_of_week is not None and not 0 <= hour_of_week < WEEK:
        raise ValueError(f"hour_of_week {hour_of_week} is not 0 to {WEEK - 1}")
    options, arrays = parts.options, parts.arrays
    positions, rows = parts.products.rows(history.product_ids)
    known = _subset(history, positions)
    store = None if store_id is None else parts.stores.row.get(store_id)
    daypart = None if hour_of_week is None else int(options.daypart_of_hour[hour_of_week % 24])
    cell = parts.local.cell(store, daypart)
    weight = known.counts if options.als_weight == "counts" else known.decayed
    confidence = np.float32(options.als_alpha) * weight
    normal, right = normal_equations(
        arrays["als_factors"], arrays["als_gram"], rows, confidence, options.als_regularization
    )
    return Ask(
        known,
        rows,
        len(history) - len(rows),
        None if store is None else store_id,
        None if daypart is None else options.daypart_names[daypart],
        cell,
        log_popularity(arrays["popularity_global"], cell, options.popularity_strength),
        confidence,
        normal,
        np.linalg.solve(normal, right).astype(np.float32),
        cold_user(arrays["cold_factors"], rows, known.decayed),
    )


def cold_user(factors: np.ndarray, rows: np.ndarray, decayed: np.ndarray) -> np.ndarray:
    """float32[g]: the mean of the history's item factors weighed by decayed float32[k], and 1 for the bias column.

    factors float32[n,g], bias last; rows int32[k]. An empty history gives zeros and the 1: the item's bias alone.
    """
    user = np.zeros(factors.shape[1], dtype=np.float32)
    if len(rows):
        user[:-1] = (decayed / decayed.sum()) @ factors[rows, :-1]
    user[-1] = 1.0
    return user


def dense_terms(parts: Parts, ask: Ask, rows: np.ndarray | slice) -> dict[str, np.ndarray]:
    """float32[len(rows)] per dense term in the blend."""
    arrays = parts.arrays
    reckon: dict[str, Callable[[], np.ndarray]] = {
        "als": lambda: arrays["als_factors"][rows] @ ask.als_user,
        "cold": lambda: arrays["cold_factors"][rows] @ ask.cold_user,
        "popularity": lambda: ask.log_popularity[rows],
        "intercept": lambda: np.ones(len(ask.log_popularity[rows]), dtype=np.float32),
    }
    return {name: reckon[name]() for name in parts.options.blend_terms if name in reckon}


def history_terms(parts: Parts, ask: Ask) -> dict[str, np.ndarray]:
    """float32[k] per history term in the blend, aligned with `ask.rows`."""
    arrays, known, rows = parts.arrays, ask.known, ask.rows
    reckon: dict[str, Callable[[], np.ndarray]] = {
        "seen": lambda: np.ones(len(rows), dtype=np.float32),
        "habit": lambda: habit.habit(known),
        "recency": lambda: habit.recency(known),
        "rebuy": lambda: habit.rebuy(arrays["rebuy_rate"], rows),
        "due": lambda: habit.due(known),
        "count": lambda: habit.count(known),
        "share": lambda: habit.decayed_share(known),
        "als_seen": lambda: arrays["als_factors"][rows] @ ask.als_user,
        "popularity_seen": lambda: ask.log_popularity[rows],
        "lately": lambda: habit.lately(known),
        "cold_seen": lambda: arrays["cold_factors"][rows] @ ask.cold_user,
    }
    return {name: reckon[name]() for name in parts.options.blend_terms if name in reckon}


def _subset(history: History, positions: np.ndarray) -> History:
    if len(positions) == len(history):
        return history
    ids = tuple(history.product_ids[position] for position in positions.tolist())
    columns = (history.counts, history.decayed, history.last_visit, history.last_at_s)
    counts, decayed, last_visit, last_at_s = (column[positions] for column in columns)
    return History(ids, counts, decayed, last_visit, last_at_s, history.n_visits)
