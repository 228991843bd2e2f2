"""scikit-learn's ensembles as the plain arrays of `models/trees.py`; the only reader of their inner tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.trees import Trees

Nodes = dict[str, NDArray[Any]]


def of_boosting(model: Any) -> Trees:
    """Of a fitted HistGradientBoosting regressor or binary classifier: one output, on the scale of the link.

    Regressor with squared error: the prediction; Poisson: its log; classifier: the logit. ValueError when a tree splits
    on categories as such: give them as columns of 0 and 1.
    """
    tables = [kind.nodes for round_ in model._predictors for kind in round_]
    if any(len(round_) != 1 for round_ in model._predictors):
        raise ValueError("a classifier of more than two kinds has no single logit: fit one model a kind")
    if any(table["is_categorical"].any() for table in tables):
        raise ValueError("a tree splits on categories: give them as columns of 0 and 1")
    return _stacked([_boosting_nodes(table) for table in tables], float(np.ravel(model._baseline_prediction)[0]))


def of_forest(model: Any) -> Trees:
    """Of a fitted random forest or extra-trees regressor of one output: the mean of its trees, which is its prediction."""
    share = 1.0 / len(model.estimators_)
    return _stacked([_forest_nodes(each.tree_, share) for each in model.estimators_], 0.0)


def side_by_side(each: Sequence[Trees]) -> Trees:
    """One ensemble with an output for each of the given, in order; each of one output."""
    nodes = np.cumsum([0, *(len(trees.feature) for trees in each)])
    moved = list(zip(each, nodes[:-1].astype(np.int32), strict=True))
    return Trees(
        feature=np.concatenate([t.feature for t in each]),
        threshold=np.concatenate([t.threshold for t in each]),
        nan_left=np.concatenate([t.nan_left for t in each]),
        left=np.concatenate([t.left + start for t, start in moved]),
        right=np.concatenate([t.right + start for t, start in moved]),
        value=np.concatenate([t.value for t in each]),
        root=np.concatenate([t.root + start for t, start in moved]),
        output=np.concatenate([np.full(len(t.root), at, dtype=np.int32) for at, t in enumerate(each)]),
        base=np.concatenate([t.base for t in each]),
    )


def none() -> Trees:
    """No trees: one output, always 0."""
    return _stacked([], 0.0)


def weighed(each: Sequence[tuple[float, Trees]]) -> Trees:
    """One ensemble of one output: the sum of the given, each times its weight."""
    joined = side_by_side(
        [replace(trees, value=weight * trees.value, base=weight * trees.base) for weight, trees in each]
    )
    return replace(joined, output=np.zeros_like(joined.output), base=joined.base.sum(keepdims=True))


def _boosting_nodes(table: NDArray[Any]) -> Nodes:
    return {
        "leaf": table["is_leaf"] == 1,
        "feature": table["feature_idx"],
        "threshold": table["num_threshold"],
        "nan_left": table["missing_go_to_left"],
        "left": table["left"],
        "right": table["right"],
        "value": table["value"],
    }


def _forest_nodes(tree: Any, share: float) -> Nodes:
    return {
        "leaf": tree.children_left < 0,
        "feature": tree.feature,
        "threshold": tree.threshold,
        "nan_left": tree.missing_go_to_left,
        "left": tree.children_left,
        "right": tree.children_right,
        "value": tree.value[:, 0, 0] * share,
    }


def _stacked(tables: Sequence[Nodes], base: float) -> Trees:
    """All trees' nodes in one table: children moved by where their tree begins, a leaf leading to itself."""
    first = np.cumsum([0, *(len(nodes["leaf"]) for nodes in tables)])
    columns: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("feature", "threshold", "nan_left", "left", "right", "value")
    }
    for start, nodes in zip(first[:-1], tables, strict=True):
        leaf, here = nodes["leaf"], start + np.arange(len(nodes["leaf"]))
        columns["feature"].append(np.where(leaf, -1, nodes["feature"]))
        columns["threshold"].append(np.where(leaf, 0.0, nodes["threshold"]))
        columns["nan_left"].append(np.where(leaf, 0, nodes["nan_left"]))
        for side in ("left", "right"):
            columns[side].append(np.where(leaf, here, start + nodes[side].astype(np.int64)))
        columns["value"].append(np.where(leaf, nodes["value"], 0.0))
    kinds = {"feature": "<i4", "threshold": "<f8", "nan_left": "|u1", "left": "<i4", "right": "<i4", "value": "<f8"}
    return Trees(
        **{name: np.concatenate(parts or [np.zeros(0)]).astype(kinds[name]) for name, parts in columns.items()},
        root=first[:-1].astype("<i4"),
        output=np.zeros(len(tables), dtype="<i4"),
        base=np.array([base]),
    )
