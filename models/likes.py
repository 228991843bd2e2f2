"""Which product of a history speaks most for another: the one whose neighbours it is among, by all neighbour tables together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.ragged import Ragged
from models.signals import Signals


def likes(signals: Signals, told: Ragged, places: np.ndarray) -> np.ndarray:
    """int64[m]: of each product row the place, in its question's known history, of the one that reaches it most; -1: none.

    places int64[m]: where in the block's columns the row itself stands, -1 where it is not owned: nothing is like itself.
    """
    block = signals.block
    n, first = len(block.parts.products), np.array(block.owned.bounds)
    # The reach of row i by the product at place p of its history is added up in cell starts[i] + p.
    sizes = np.diff(first).take(told.of)
    starts = sizes.cumsum() - sizes
    keys, marked = told.of * n + told.rows, np.zeros(len(block.asks) * n, bool)
    marked[keys] = True
    row = np.empty(len(marked), np.int32)  # meaningless but at the keys, and so not even touched
    row[keys] = np.arange(len(keys))
    less = starts - first.take(told.of)
    total = np.zeros(int(sizes.sum()))
    for reaching, links in signals.links.values():
        at, by, reach = links.onto(marked)
        total += np.bincount(less.take(row.take(at)) + reaching.take(by), reach, len(total))
    own = places >= 0
    total[(less + places)[own]] = 0.0
    best = np.zeros(len(keys), np.int64)
    for begin, end in pairwise(told.bounds):
        if begin < end and sizes[begin]:
            cells = total[starts[begin] : starts[begin] + (end - begin) * sizes[begin]]
            best[begin:end] = cells.reshape(end - begin, sizes[begin]).argmax(axis=1)
    most = total.take(starts + best, mode="clip") if len(total) else np.zeros(len(keys))
    return np.where((most > 0) & (sizes > 0), best, -1)
