"""Histories of one person under several ids, read as one, until features are reckoned anew over all of their purchases.

How many of the others' visits came since a product was last bought is read off the moments that are known of those (each
product's last), between them in a straight line: exact where one id's visits all came before the other's first known one, near
where they alternate (old visits weigh too much then). A day on which two ids bought counts as two visits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.history import DECAY, LIMIT, History

DAY_S = 86_400.0


def joined(histories: Sequence[History], limit: int = LIMIT) -> History:
    """One history of all purchases, at most `limit` products of the largest `decayed` (ties: the greater id goes)."""
    told = [history for history in histories if len(history)]
    if len(told) < 2:
        return told[0] if told else History.empty()
    n_visits = sum(history.n_visits for history in told)
    rows: dict[str, list[float]] = {}
    for place, history in enumerate(told):
        others = [other for at, other in enumerate(told) if at != place]
        since = sum((_visits_after(other, history.last_at_s) for other in others), np.zeros(len(history)))
        columns = (
            history.counts,
            history.decayed * DECAY**since,
            history.n_visits - history.last_visit + since,
            history.last_at_s,
        )
        for product_id, *row in zip(history.product_ids, *(column.tolist() for column in columns), strict=True):
            count, decayed, ago, at_s = rows.get(product_id, (0.0, 0.0, np.inf, 0))
            rows[product_id] = [count + row[0], decayed + row[1], min(ago, row[2]), max(at_s, row[3])]
    kept = sorted(sorted(rows, key=lambda name: (-rows[name][1], name))[:limit])
    counts, decayed_sums, ages, moments = zip(*(rows[name] for name in kept), strict=True)
    last_visit = np.maximum(1, n_visits - np.rint(ages))
    return History.of(kept, counts, decayed_sums, last_visit, moments, n_visits)


def _visits_after(history: History, at_s: np.ndarray) -> np.ndarray:
    """float64: about how many visits of this history came after each moment (int64 seconds)."""
    visits, firsts = np.unique(history.last_visit, return_index=True)
    # Within a visit the lines' moments differ by minutes; the order of visits is that of their numbers.
    known_at = np.maximum.accumulate(history.last_at_s[firsts]).astype(np.float64)
    before = np.interp(at_s, known_at, visits)
    # Visits before the first that is known came at the pace of the later ones, at most one a day: a visit is a day.
    span = known_at[-1] - known_at[0]
    pace = min((visits[-1] - visits[0]) / span, 1 / DAY_S) if span > 0 else 1 / DAY_S
    earlier = np.maximum(0.0, visits[0] - np.maximum(pace * (known_at[0] - at_s), 1.0))
    return history.n_visits - np.where(at_s < known_at[0], earlier, before)
