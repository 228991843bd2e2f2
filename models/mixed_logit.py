"""A chance from features: a logistic regression and boosted trees, added on the logit scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.errors import ArtifactError
from models.trees import Trees


@dataclass(frozen=True)
class MixedLogit:
    """margin = weights · [x, 1] + trees(x). Scalers, shares of the two and the calibration are folded into both."""

    weights: np.ndarray
    """float64[features + 1]; the last is the intercept."""
    trees: Trees

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], name: str) -> MixedLogit:
        """From arrays `<name>_weights` and `<name>_<array of trees>`. ArtifactError for trees that lead nowhere."""
        weights = arrays[f"{name}_weights"]
        try:
            trees = Trees.of(arrays, f"{name}_")
        except ValueError as error:
            raise ArtifactError(f"when array {error}: train again") from error
        if trees.n_features >= len(weights):
            raise ArtifactError(f"when array {name}_feature: asks for a feature beyond {len(weights) - 1}: train again")
        return cls(weights, trees)

    def margin(self, x: np.ndarray) -> np.ndarray:
        """float64[n]: logits of rows x float64[n, features]."""
        return np.asarray(x @ self.weights[:-1] + self.weights[-1] + self.trees.sums(x)[:, 0], dtype=np.float64)
