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
    owned, n = signals.block.owned, len(signals.block.parts.products)
    first = np.array(owned.bounds)
    # The reach of row i by the product at place p of the columns is added up in cell less[i] + p.
    sizes = (first[1:] - first[:-1]).take(told.of)
    ends = sizes.cumsum()
    less = ends - sizes - first.take(told.of)
    keys = told.of * n + told.rows
    marked = np.zeros((len(first) - 1) * n, bool)
    marked[keys] = True
    row = np.empty(len(marked), np.int32)  # meaningless but at the keys, and so not even touched
    row[keys] = np.arange(len(keys))
    cells, reaches = [], []
    for reaching, links in signals.links.values():
        at, by, reach = links.onto(marked)
        cells.append(less.take(row.take(at)) + reaching.take(by))
        reaches.append(reach)
    if not cells or not ends[-1:].any():
        return np.full(len(keys), -1)
    total = np.bincount(np.concatenate(cells), np.concatenate(reaches), int(ends[-1]))
    own = (places >= 0).nonzero()[0]
    total[less.take(own) + places.take(own)] = 0.0
    return _best(total, told, sizes, ends)


def _best(total: np.ndarray, told: Ragged, sizes: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """int64[m]: of each row the place of its greatest cell; -1 where that is nought."""
    best = np.zeros(len(ends), np.int64)
    for begin, end in pairwise(told.bounds):
        if begin < end and sizes[begin]:
            cells = total[ends[begin] - sizes[begin] : ends[end - 1]]
            best[begin:end] = cells.reshape(end - begin, -1).argmax(axis=1)
    most = total.take(np.minimum(ends - sizes + best, len(total) - 1))
    return np.where((most > 0) & (sizes > 0), best, -1)
