"""scikit-learn's histogram boosting as the plain arrays that `models.trees` walks: the one place that knows its inner tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from models.trees import FIELDS


def boosted(seed: int, n_trees: int, leaves: int, rate: float) -> HistGradientBoostingClassifier:
    """Log loss, shallow trees, wide leaves, a third of the features at each split: for outcomes that are mostly chance."""
    return HistGradientBoostingClassifier(
        learning_rate=rate,
        max_iter=n_trees,
        max_leaf_nodes=leaves,
        max_depth=5,
        min_samples_leaf=200,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )


def tree_arrays(model: HistGradientBoostingClassifier, prefix: str) -> tuple[dict[str, NDArray[Any]], float]:
    """(arrays `<prefix>_<field>`, intercept) of a fitted model of two classes: margin = intercept + sum of leaves."""
    nodes = [predictor[0].nodes for predictor in model._predictors]
    starts = np.cumsum([0, *(len(each) for each in nodes)])
    parts: dict[str, list[NDArray[Any]]] = {field: [] for field in FIELDS}
    for start, tree in zip(starts[:-1], nodes, strict=True):
        leaf, itself = tree["is_leaf"].astype(bool), start + np.arange(len(tree))
        parts["feature"].append(np.where(leaf, 0, tree["feature_idx"]))
        parts["threshold"].append(np.where(leaf, np.inf, tree["num_threshold"]))
        parts["left"].append(np.where(leaf, itself, start + tree["left"].astype(np.int64)))
        parts["right"].append(np.where(leaf, itself, start + tree["right"].astype(np.int64)))
        parts["value"].append(tree["value"])
    parts["roots"] = [starts[:-1]]
    arrays = {f"{prefix}_{field}": np.concatenate(parts[field]).astype(kind) for field, kind in FIELDS.items()}
    return arrays, float(model._baseline_prediction.ravel()[0])
