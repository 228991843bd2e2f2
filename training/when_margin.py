"""Fits a `models.mixed_logit`: a regression and boosted trees, their shares and the calibration chosen on later cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from models.mixed_logit import MixedLogit
from models.trees import Trees
from training.trees import none, of_boosting, weighed

RIDGE_C = 0.1
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the trees in the sum."""
_PULL = 20.0
"""Ridge that holds the calibration to slope 1 and intercept 0, in cases."""


@dataclass(frozen=True)
class Cases:
    """x float64[n, features]; y bool[n]."""

    x: NDArray[np.float64]
    y: NDArray[np.bool_]

    @property
    def both(self) -> bool:
        """Whether either outcome is there."""
        return bool(self.y.any() and not self.y.all())


@dataclass(frozen=True)
class Pair:
    """The two fits: weights float64[features + 1], trees of one output."""

    linear: NDArray[np.float64]
    trees: Trees

    def chosen(self, name: str, found: dict[str, float]) -> dict[str, NDArray[Any]]:
        """`mixed` as `choose` found."""
        return self.mixed(name, *(found[f"{name}_{key}"] for key in ("trees_share", "slope", "intercept")))

    def mixed(self, name: str, share: float, slope: float = 1.0, intercept: float = 0.0) -> dict[str, NDArray[Any]]:
        """Arrays `<name>_…`: logit = intercept + slope · ((1 - share) · linear + share · trees)."""
        weights = slope * (1.0 - share) * self.linear
        weights[-1] += intercept
        kept = weighed([(slope * share, self.trees)]) if share > 0.0 else none()
        return {f"{name}_weights": weights, **kept.arrays(f"{name}_")}


def fit_pair(cases: Cases, seed: int, n_trees: int, leaves: int, rate: float) -> Pair:
    """Both fits on the same cases. The regression's scaler is folded into its weights."""
    mean, spread = cases.x.mean(axis=0), cases.x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    linear = LogisticRegression(C=RIDGE_C, max_iter=300).fit((cases.x - mean) / spread, cases.y)
    slopes = linear.coef_.ravel() / spread
    weights = np.concatenate([slopes, linear.intercept_ - slopes @ mean])
    # Many threads over few rows wait for each other longer than one works, on a busy machine many times longer.
    with threadpool_limits(1, "openmp"):
        trees = boosted(seed, n_trees, leaves, rate).fit(cases.x, cases.y)
    return Pair(weights, of_boosting(trees))


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


def choose(pair: Pair, later: Cases, name: str) -> dict[str, float]:
    """`<name>_trees_share`, `_slope`, `_intercept` of least log loss on cases later than the pair saw, and that `_log_loss`."""
    margins = [MixedLogit.of(pair.mixed("m", share), "m").margin(later.x) for share in SHARES]
    share, margin = min(zip(SHARES, margins, strict=True), key=lambda each: log_loss(each[1], later.y))
    # How high people stand differs from week to week (a holiday in the later cases), how far apart they stand hardly does: only
    # the slope is kept, about the mean.
    slope, _ = calibrate(margin, later.y)
    intercept = (1.0 - slope) * float(margin.mean())
    loss = log_loss(intercept + slope * margin, later.y)
    found = {"trees_share": share, "slope": slope, "intercept": intercept, "log_loss": loss}
    return {f"{name}_{key}": value for key, value in found.items()}


def calibrate(margin: NDArray[np.float64], y: NDArray[np.bool_]) -> tuple[float, float]:
    """(slope, intercept) of Platt's scaling by ten Newton steps, held to (1, 0) by a ridge."""
    x = np.stack([margin, np.ones(len(margin))], axis=1)
    at = np.array([1.0, 0.0])
    for _ in range(10):
        p = 1.0 / (1.0 + np.exp(-(x @ at)))
        gradient = x.T @ (p - y) + _PULL * (at - [1.0, 0.0])
        at = at - np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + _PULL * np.eye(2), gradient)
    return float(at[0]), float(at[1])


def log_loss(margin: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
    """Mean of -log p over outcomes, from logits."""
    return float(np.logaddexp(0.0, np.where(y, -margin, margin)).mean())
