"""Four people known by heart and a small `when` artifact: what a fit would leave behind, made by hand.

nobody   never came.
once     one visit, on a Wednesday at noon, without a store.
monday   ten Mondays at 8 in s0.
evening  every third day at 18, in s0 and s1 by turns, fourteen times; once more, long before what is listed, and without a trace.
"""

from __future__ import annotations

from math import fsum
from typing import Any

import numpy as np

from models.store_features import STORE_NAMES, USUAL
from models.trees import KINDS
from models.visit_chance import DAY_NAMES, HORIZON
from models.visit_features import RATE, VISIT_NAMES
from models.visits import KEPT, Visits
from models.vocabulary import Vocabulary
from models.when_options import NAMES

TODAY = 17_500  # 2017-11-30, a Thursday
NOBODY, ONCE, MONDAY, EVENING = range(4)
MONDAYS = [TODAY - 3 - 7 * back for back in range(9, -1, -1)]
EVENINGS = [TODAY - 2 - 3 * back for back in range(13, -1, -1)]


def visits() -> Visits:
    held = [[], [(TODAY - 8, 12, -1)], [(day, 8, 0) for day in MONDAYS]]
    held.append([(day, 18, nth % 2) for nth, day in enumerate(EVENINGS)])
    day, hour, store = (np.array([row[at] for rows in held for row in rows], dtype=np.int64) for at in range(3))
    indptr = np.cumsum([0, *(len(rows) for rows in held)]).astype(np.int64)
    first = np.array([0, TODAY - 8, MONDAYS[0], EVENINGS[0] - 200], dtype=np.int64)
    return Visits(indptr, day, hour, store, np.array([0, 1, 10, 15], dtype=np.int64), first)


def arrays() -> dict[str, np.ndarray]:
    hours = np.arange(24)
    noon = 1.0 / (1.0 + np.square((hours - 12) / 2.0) ** 2)
    chain = np.stack([np.roll(noon, day) for day in range(7)]) + 0.01
    week = np.stack([np.tile(np.roll(noon, by) + 0.01, (7, 1)) for by in (0, -4, 6)])
    store = np.stack([noon, np.roll(noon, 3)]) + 0.02
    return {
        **Vocabulary.encode(["s0", "s1"], "stores"),
        "week_weights": _weights(VISIT_NAMES, {RATE: 0.8, "weeks_8": 0.5}, -0.2),
        **_tree("week", VISIT_NAMES.index("recency"), 1.6, VISIT_NAMES.index("gap_hazard"), 0.5),
        "day_weights": np.tile(
            _weights(DAY_NAMES[:-1], {"week": 0.6, "weekday": 0.9, "gap_ends": 0.2}, -1.2), (HORIZON, 1)
        ),
        "weekday_share": np.array([0.14, 0.13, 0.13, 0.13, 0.14, 0.16, 0.17]),
        "slot_chain": _unit(chain),
        "slot_store": np.tile(_unit(store), (2, 1, 1)),
        "slot_weights": np.array([0.1, 0.2, 0.0, 0.1, 0.2, 0.1, 0.1, 0.05, 0.1, 0.2]),
        "slot_bias": 0.1 * (hours % 5 - 2.0),
        "topic_hours": _unit(week.reshape(3, 168)).reshape(3, 7, 24),
        "topic_share": np.array([1.0, 0.3, 0.7]),
        "store_weights": _weights(STORE_NAMES, {USUAL: 1.0, "was_last_1": -0.5}, 0.1),
        **_tree("store", STORE_NAMES.index("was_last_1"), 0.5, STORE_NAMES.index("visits"), 1.0),
    }


def parameters() -> dict[str, Any]:
    names = {name: list(listed) for name, listed in NAMES.items()}
    return {**names, "visits_kept": KEPT, "topic_sizes": [1, 2], "stranger_week": 0.05}


def manifest(**changes: Any) -> dict[str, Any]:
    made = {
        "trained_through": "2017-11-30T00:00:00+00:00",
        "feature_service": "timing_v1",
        "features": ["at_s", "day", "hour", "store_ids", "n_visits", "first_day"],
        "parameters": parameters(),
        "seeds": {"training": 7},
        "libraries": {"numpy": "2"},
        "commit": "0" * 40,
        "metrics": {},
    }
    return {**made, **changes}


def _weights(names: tuple[str, ...], told: dict[str, float], intercept: float) -> np.ndarray:
    return np.array([*(told.get(name, 0.0) for name in names), intercept])


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows that sum to 1, alike to the last bit on every processor."""
    return np.array([[value / fsum(row) for value in row] for row in rows.tolist()])


def _tree(prefix: str, first: int, at: float, second: int, at_second: float) -> dict[str, np.ndarray]:
    """Two trees: one of five nodes, and a leaf alone."""
    told: dict[str, list[float]] = {
        "feature": [first, -1, second, -1, -1, -1],
        "threshold": [at, 0.0, at_second, 0.0, 0.0, 0.0],
        "nan_left": [0, 0, 0, 0, 0, 0],
        "left": [1, 1, 3, 3, 4, 5],
        "right": [2, 1, 4, 3, 4, 5],
        "value": [0.0, 0.4, 0.0, -0.3, 0.2, 0.125],
        "root": [0, 5],
        "output": [0, 0],
        "base": [0.0],
    }
    return {f"{prefix}_{field}": np.array(told[field], dtype=kind) for field, kind in KINDS.items()}
