"""Connected components of many links in numpy: hook the larger root below the smaller, point everybody at the root, repeat.

Shiloach & Vishkin, "An O(log n) parallel connectivity algorithm", J. Algorithms 3 (1982), with whole arrays in place of
processors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def components(n_nodes: int, left: Ints, right: Ints) -> Ints:
    """int64[n_nodes]: the smallest node of each node's component. left, right: int64[links], nodes from 0; in any order."""
    root = np.arange(n_nodes, dtype=np.int64)
    left, right = _apart(left, right)
    while len(left):
        # The smallest offer wins, so a hub is settled in two rounds however many links it has.
        np.minimum.at(root, right, left)
        _point_at_roots(root)
        left, right = _apart(root[left], root[right])
    return root


def _apart(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Links whose ends differ, the smaller end first."""
    keep = left != right
    left, right = left[keep], right[keep]
    return np.minimum(left, right), np.maximum(left, right)


def _point_at_roots(root: Ints) -> None:
    moving = np.flatnonzero(root != np.arange(len(root)))
    while len(moving):
        further = root[root[moving]]
        changed = further != root[moving]
        root[moving] = further
        moving = moving[changed]
