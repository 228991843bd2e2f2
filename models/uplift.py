"""What an offer changes: per arm, the chance of the outcome and its difference from nothing, reckoned from arrays alone.

Arm 0 is nothing. With x the row of named columns and k an arm above 0:
    effect_k(x)  = effect_base[k−1] + effect_weights[k−1] · x + trees `effect_`, output k−1
    nothing(x)   = sigmoid(nothing_base[0] + nothing_weights[0] · x + trees `nothing_`, output 0)
    outcome_k(x) = nothing(x) + effect_k(x), held within 0 and 1

Linear learners leave the trees empty, boosted ones the weights; what fitted them: `training/uplift.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.artifact import Artifact
from models.errors import ArtifactError
from models.response import sigmoid
from models.trees import Trees

KINDS = ("would anyway", "persuadable", "lost", "put off")
_NAMES = ("base", "weights")


@dataclass(frozen=True)
class Part:
    """A sum for each output: base float64[outputs], weights float64[outputs, columns], and trees of as many outputs."""

    base: NDArray[np.float64]
    weights: NDArray[np.float64]
    trees: Trees

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> Part:
        """Out of `<prefix>base`, `<prefix>weights` and the trees of `prefix`. ValueError for what does not fit together."""
        base, weights = (arrays.get(f"{prefix}{name}") for name in _NAMES)
        trees = Trees.of(arrays, f"{prefix}trees_")
        if base is None or weights is None or base.dtype.str != "<f8" or weights.dtype.str != "<f8":
            raise ValueError(f"{prefix}base, {prefix}weights: missing, or not of dtype <f8")
        if base.ndim != 1 or weights.ndim != 2 or not len(base) == len(weights) == len(trees.base):
            raise ValueError(f"{prefix}base, {prefix}weights, {prefix}trees: not of as many outputs")
        if not (np.isfinite(base).all() and np.isfinite(weights).all()) or trees.n_features > weights.shape[1]:
            raise ValueError(f"{prefix}weights: not finite, or of fewer columns than the trees ask")
        return cls(base, weights, trees)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Under their names, for `write_artifact`."""
        return {f"{prefix}base": self.base, f"{prefix}weights": self.weights, **self.trees.arrays(f"{prefix}trees_")}

    def sums(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n, outputs]. einsum adds along a row in one order, so a batch equals each row alone."""
        return self.base + np.einsum("nc,oc->no", x, self.weights, optimize=False) + self.trees.sums(x)


@dataclass(frozen=True)
class Uplift:
    """One fitted response: `effect` above nothing, `nothing` itself."""

    columns: tuple[str, ...]
    arms: tuple[str, ...]
    nothing: Part
    gain: Part

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], columns: tuple[str, ...], arms: tuple[str, ...]) -> Uplift:
        """columns: names of x's columns in order; arms: names, nothing first. ValueError when the arrays do not fit them."""
        nothing, gain = Part.of(arrays, "nothing_"), Part.of(arrays, "effect_")
        if nothing.weights.shape != (1, len(columns)) or gain.weights.shape != (len(arms) - 1, len(columns)):
            raise ValueError(f"arrays are not of {len(columns)} columns and {len(arms)} arms")
        return cls(columns, arms, nothing, gain)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> Uplift:
        """Columns are the manifest's `features`, arms its parameter `arms`. ArtifactError when it is of another kind."""
        try:
            arms = tuple(str(arm) for arm in artifact.manifest["parameters"]["arms"])
            return cls.from_arrays(artifact.arrays, tuple(artifact.manifest["features"]), arms)
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{artifact.path}: holds no uplift ({error}): train again") from error

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays under their names, for `write_artifact`."""
        return {**self.nothing.arrays("nothing_"), **self.gain.arrays("effect_")}

    def effect(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n, arms]: outcome with the arm less outcome with nothing, as learned (not held within bounds); column 0 is 0.

        x float64[n, columns], every number finite: ValueError otherwise.
        """
        return np.column_stack([np.zeros(len(x)), self.gain.sums(self._checked(x))])

    def outcome(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n, arms]: chance of the outcome with each arm, in 0 to 1. ValueError as `effect`."""
        nothing = sigmoid(self.nothing.sums(self._checked(x)))
        return np.clip(nothing + self.effect(x), 0.0, 1.0)

    def _checked(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if x.ndim != 2 or x.shape[1] != len(self.columns):
            raise ValueError(f"x has shape {x.shape}, not rows of {len(self.columns)} columns")
        if not np.isfinite(x).all():
            name = self.columns[int(np.argmin(np.isfinite(x).all(axis=0)))]
            raise ValueError(f"column {name!r} has a number that is not finite: fill it as training did")
        return np.asarray(x, dtype=np.float64)


def kinds(
    p_nothing: NDArray[np.float64], p_arm: NDArray[np.float64], sure: float = 0.5, least: float = 0.01
) -> NDArray[np.int64]:
    """int64, broadcast: row of KINDS for each pair of chances in [0, 1]; −1 where either is NaN. ValueError out of range.

    The arm's effect is p_arm − p_nothing. `put off`: at or below −least. `persuadable`: at or above +least. Between the two the
    arm changes nothing worth a coupon: `would anyway` when p_nothing is at or above `sure`, `lost` when below. Who has a high
    chance and gains as well is persuadable: whether the gain pays for the discount is the value's question, not the kind's.
    """
    before, after = np.broadcast_arrays(np.asarray(p_nothing, np.float64), np.asarray(p_arm, np.float64))
    known = ~(np.isnan(before) | np.isnan(after))
    if not ((before[known] >= 0) & (before[known] <= 1) & (after[known] >= 0) & (after[known] <= 1)).all():
        raise ValueError("chances must lie in 0 to 1")
    if not (0 <= sure <= 1 and 0 < least <= 1):
        raise ValueError(f"sure {sure} must lie in 0 to 1 and least {least} above 0 to 1")
    effect = after - before
    # A hair's breadth below the threshold is at it: .31 − .30 is .0100000000000000009 or less, as binary falls.
    choices = [~known, effect <= -least + 1e-12, effect >= least - 1e-12, before >= sure]
    return np.select(choices, [-1, 3, 1, 0], default=2)
