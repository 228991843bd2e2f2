"""Every product ranked for every user: the same scoring call that serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.ranker import Ranker
from models.scoring import top_k
from training.cases import Case

Report = Callable[[str, int, int], None]
_STEP = 100


def rank(ranker: Ranker, cases: Sequence[Case], k: int, report: Report) -> NDArray[np.int64]:
    """int64[len(cases), k]: rows of `ranker.product_ids`, best first, -1 after the last; the same call that serves."""
    ranked = np.full((len(cases), k), -1, dtype=np.int64)
    # Store by store: what a place sells is kept for the next who is asked there (`Parts.here`).
    by_store = sorted(range(len(cases)), key=lambda place: cases[place].store_id or "")
    for number, place in enumerate(by_store):
        if number % _STEP == 0:
            report("ranking every product for every user", number, len(cases))
        case = cases[place]
        scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
        rows = top_k(scores.score, k)
        ranked[place, : len(rows)] = rows
    report("ranking every product for every user", len(cases), len(cases))
    return ranked
