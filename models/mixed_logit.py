"""A chance from features: a logistic regression and boosted trees, added on the logit scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.trees import Trees


@dataclass(frozen=True)
class MixedLogit:
    """margin = weights · [x, 1] + trees(x). Scalers, shares of the two and the calibration are folded into both."""

    weights: np.ndarray
    """float64[features + 1]; the last is the intercept."""
    trees: Trees

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], name: str) -> MixedLogit:
        """From arrays `<name>_weights` and `<name>_<field of a tree>`. ArtifactError for trees that lead nowhere."""
        weights = arrays[f"{name}_weights"]
        return cls(weights, Trees.of(arrays, name, len(weights) - 1))

    def margin(self, x: np.ndarray) -> np.ndarray:
        """float64[n]: logits of rows x float64[n, features]."""
        return np.asarray(x @ self.weights[:-1] + self.weights[-1] + self.trees.margin(x), dtype=np.float64)
