"""A sum of decision trees as plain arrays: what boosting or a forest becomes on its way online.

| array | what, a row a node of any tree |
|---|---|
| feature `<i4` | column that the node asks; −1 at a leaf |
| threshold `<f8` | left when the column's number is at or below it |
| nan_left `\\|u1` | 1: a missing number goes left too; 0: right |
| left, right `<i4` | rows of the two nodes below, each after this one; at a leaf the leaf itself |
| value `<f8` | what a leaf adds |

root `<i4`[trees]: row of each tree's first node; output `<i4`[trees]: column of the answer that the tree adds to;
base `<f8`[outputs]: where the sum starts. A node's children come after it, so every walk ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

KINDS = {
    "feature": "<i4",
    "threshold": "<f8",
    "nan_left": "|u1",
    "left": "<i4",
    "right": "<i4",
    "value": "<f8",
    "root": "<i4",
    "output": "<i4",
    "base": "<f8",
}
"""Name to dtype of each array."""
_CELLS = 1 << 18
"""Rows × trees walked at once: the walk stays in the processor's cache and its memory bounded."""


@dataclass(frozen=True)
class Trees:
    """See the table above. `of` checks; the constructor trusts."""

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    nan_left: NDArray[np.uint8]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    root: NDArray[np.int32]
    output: NDArray[np.int32]
    base: NDArray[np.float64]

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], prefix: str = "") -> Trees:
        """Out of arrays named `<prefix><name>`. ValueError when one is missing, misshapen, or leads nowhere."""
        taken = {}
        for field in fields(cls):
            array = arrays.get(prefix + field.name)
            kind = KINDS[field.name]
            if array is None or array.dtype.str != kind or array.ndim != 1:
                raise ValueError(f"{prefix}{field.name}: not an array of one dimension and dtype {kind}")
            taken[field.name] = array
        trees = cls(**taken)
        if reason := _fault(trees):
            raise ValueError(f"{prefix or 'trees'}: {reason}")
        return trees

    def arrays(self, prefix: str = "") -> dict[str, np.ndarray]:
        """The arrays under their names, for `write_artifact`."""
        return {prefix + field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def n_features(self) -> int:
        """How many columns the trees need at least."""
        return int(self.feature.max(initial=-1)) + 1

    def sums(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n, outputs] for x float64[n, columns], NaN where a number is missing. ValueError for too few columns."""
        if x.ndim != 2 or x.shape[1] < self.n_features:
            raise ValueError(f"trees need rows of {self.n_features} numbers or more, not an array of shape {x.shape}")
        sums = np.tile(self.base, (len(x), 1))
        step = max(1, _CELLS // max(1, len(self.root)))
        own = [np.flatnonzero(self.output == output) for output in range(len(self.base))]
        for start in range(0, len(x), step):
            block = np.ascontiguousarray(x[start : start + step], dtype=np.float64)
            leaves = self._leaves(block)
            for output, trees in enumerate(own):
                # Along a row that lies together numpy adds in one order, however many rows there are: batch equals single.
                sums[start : start + step, output] += self.value[np.ascontiguousarray(leaves[:, trees])].sum(axis=1)
        return sums

    def _leaves(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """int64[n, trees]: the leaf that each row ends in. Only what has not arrived is walked on."""
        at = np.tile(self.root.astype(np.int64), len(x))
        offset = np.repeat(np.arange(len(x)) * x.shape[1], len(self.root))
        flat = x.reshape(-1)
        going = np.flatnonzero(self.feature[at] >= 0)
        while len(going):
            node = at[going]
            number = flat[offset[going] + self.feature[node]]
            # Nothing compares with a missing number, so it goes right unless the node says otherwise.
            to_left = (number <= self.threshold[node]) | (np.isnan(number) & (self.nan_left[node] == 1))
            node = np.where(to_left, self.left[node], self.right[node])
            at[going] = node
            going = going[self.feature[node] >= 0]
        return at.reshape(len(x), len(self.root))


def _fault(trees: Trees) -> str | None:
    n = len(trees.feature)
    if any(len(getattr(trees, name)) != n for name in ("threshold", "nan_left", "left", "right", "value")):
        return "arrays of nodes differ in length"
    if len(trees.root) != len(trees.output):
        return "root and output differ in length"
    if ((trees.root < 0) | (trees.root >= n)).any() or ((trees.output < 0) | (trees.output >= len(trees.base))).any():
        return "a tree starts at no node or adds to no output"
    here, asks = np.arange(n), trees.feature >= 0
    for below in (trees.left, trees.right):
        if not (np.where(asks, below > here, below == here) & (below < n)).all():
            return "a node's children do not come after it"
    if not (np.isfinite(trees.value).all() and np.isfinite(trees.base).all() and not np.isnan(trees.threshold).any()):
        return "a number that is not finite"
    return None
