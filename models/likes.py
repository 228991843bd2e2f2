"""Which product of a history speaks most for another: the one whose neighbours it is among, by all neighbour tables together."""

from __future__ import annotations

import numpy as np

from models.ragged import Ragged
from models.signals import Signals


def likes(signals: Signals, told: Ragged, places: np.ndarray) -> np.ndarray:
    """int64[m]: of each product row the place, in its question's known history, of the one that reaches it most; -1: none.

    places int64[m]: where in the block's columns the row itself stands, -1 where it is not owned: nothing is like itself.
    """
    owned, n = signals.block.owned, len(signals.block.parts.products)
    best = np.full(len(told.rows), -1)
    marked, stands = np.zeros(n, bool), np.empty(n, np.int64)
    for number, rows in enumerate(told.each()):
        first, begin = owned.bounds[number], told.bounds[number]
        size = owned.bounds[number + 1] - first
        if not len(rows) or not size:
            continue
        marked[rows], stands[rows] = True, np.arange(len(rows)) * size
        total = np.zeros(len(rows) * size)
        for each in signals.links.values():
            reaching, links = each[number]
            at, by, reach = links.onto(marked)
            total += np.bincount(stands.take(at) + reaching.take(by), reach, len(total))
        marked[rows] = False
        mine = (places[begin : begin + len(rows)] >= 0).nonzero()[0]
        total[mine * size + places[begin + mine] - first] = 0.0
        by_row = total.reshape(len(rows), size)
        most = by_row.argmax(axis=1)
        best[begin : begin + len(rows)] = np.where(by_row[np.arange(len(rows)), most] > 0, most, -1)
    return best
