"""Boosted regression trees as plain arrays, walked for all rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.errors import ArtifactError

FIELDS = {"feature": "<i4", "threshold": "<f8", "left": "<i4", "right": "<i4", "value": "<f8", "roots": "<i4"}
MAX_DEPTH = 16


@dataclass(frozen=True)
class Trees:
    """Node i: a row goes to left[i] when its feature[i] <= threshold[i], else to right[i]. A leaf leads to itself and adds
    value[i].

    feature, left, right int32[nodes], threshold, value float64[nodes], roots int32[trees]; depth: steps down.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    roots: np.ndarray
    depth: int

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], prefix: str, n_features: int) -> Trees:
        """From `<prefix>_<field>` of an artifact. ArtifactError when a node points nowhere or in a circle."""
        own = {field: arrays[f"{prefix}_{field}"] for field in FIELDS}
        n_nodes = len(own["feature"])
        for field, limit in (("feature", n_features), ("left", n_nodes), ("right", n_nodes), ("roots", n_nodes)):
            named = own[field]
            if named.size and not (named.min() >= 0 and named.max() < limit):
                raise _refusal(f"{prefix}_{field}", f"names one that does not exist (of {limit})")
        return cls(**own, depth=_depth(own, prefix))

    def margin(self, x: np.ndarray) -> np.ndarray:
        """float64[n]: the sum of the leaves that rows x float64[n, features] fall into."""
        n = len(x)
        total, flat = np.zeros(n), np.ascontiguousarray(x).ravel()
        start = np.arange(n, dtype=np.int64) * x.shape[1]
        for root in self.roots:
            node = np.full(n, root, dtype=np.int32)
            for _ in range(self.depth):
                goes_left = flat[start + self.feature[node]] <= self.threshold[node]
                node = np.where(goes_left, self.left[node], self.right[node])
            total += self.value[node]
        return total


def no_trees(prefix: str) -> dict[str, np.ndarray]:
    """Arrays of an ensemble without a tree."""
    return {f"{prefix}_{field}": np.zeros(0, kind) for field, kind in FIELDS.items()}


def _depth(own: Mapping[str, np.ndarray], prefix: str) -> int:
    reached, itself = own["roots"], np.arange(len(own["left"]))
    for depth in range(MAX_DEPTH + 1):
        reached = reached[own["left"][reached] != itself[reached]]
        if not len(reached):
            return depth
        reached = np.unique(np.concatenate([own["left"][reached], own["right"][reached]]))
    raise _refusal(f"{prefix}_left", f"a tree is deeper than {MAX_DEPTH}, or goes in a circle")


def _refusal(name: str, reason: str) -> ArtifactError:
    return ArtifactError(f"when array {name}: {reason}: train again")
