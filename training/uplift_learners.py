"""How the effect of one arm is learned from a trial: doubly-robust and X-learners over scikit-learn, ending in plain numbers.

A DR-learner regresses the doubly-robust score on x (Kennedy 2020, arXiv 2004.14497). An X-learner regresses y − μ_0(x) among
those who drew the arm and μ_k(x) − y among those who drew nothing, and weighs the two by the arm's share (Künzel et al. 2019,
PNAS 116:4156).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV

from models.trees import Trees
from models.uplift import Part
from training.trees import none, of_boosting, weighed
from training.uplift_nuisance import scores
from training.uplift_trial import Trial

Learner = Callable[[Trial, NDArray[np.float64], int, int], Part]
_RIDGES = np.logspace(1, 5, 9)
_SMALLEST_LEAF = 20


def constant(effect: float, n_columns: int) -> Part:
    """The same effect for everybody."""
    return Part(np.array([effect]), np.zeros((1, n_columns)), none())


def mean(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """The mean score: everybody alike."""
    return constant(float(scores(trial, expected)[:, arm - 1].mean()), len(trial.columns))


def ridge(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """DR-learner, linear: ridge on columns of unit spread, its strength by leave-one-out; the scaling folds into the weights."""
    middle, spread = trial.x.mean(axis=0), trial.x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    model = RidgeCV(alphas=_RIDGES).fit((trial.x - middle) / spread, scores(trial, expected)[:, arm - 1])
    weights = model.coef_ / spread
    return Part(np.array([float(model.intercept_ - weights @ middle)]), weights[None], none())


def stumps(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """DR-learner, additive: boosted trees of one question each."""
    return _of_trees(_boosted(trial.x, scores(trial, expected)[:, arm - 1], 2, seed), trial)


def trees(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """DR-learner: boosted trees of up to six leaves."""
    return _of_trees(_boosted(trial.x, scores(trial, expected)[:, arm - 1], 6, seed), trial)


def x_stumps(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """X-learner, additive."""
    return _x_learner(trial, expected, arm, seed, 2)


def x_trees(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int) -> Part:
    """X-learner over trees of up to six leaves."""
    return _x_learner(trial, expected, arm, seed, 6)


LEARNERS: Mapping[str, Learner] = MappingProxyType(
    {"mean": mean, "ridge": ridge, "stumps": stumps, "trees": trees, "x_stumps": x_stumps, "x_trees": x_trees}
)
"""By name, simplest first: a tie goes to the first."""


def _x_learner(trial: Trial, expected: NDArray[np.float64], arm: int, seed: int, leaves: int) -> Part:
    with_arm, without = trial.arm == arm, trial.arm == 0
    gained = trial.outcome[with_arm] - expected[with_arm, 0]
    missed = expected[without, arm] - trial.outcome[without]
    # Where the arm is drawn often the model of those without it rests on the better μ_k, and counts by that share.
    share = float(with_arm.sum() / (with_arm.sum() + without.sum()))
    sides = [(1.0 - share, with_arm, gained), (share, without, missed)]
    return _of_trees(weighed([(part, _boosted(trial.x[rows], y, leaves, seed)) for part, rows, y in sides]), trial)


def _boosted(x: NDArray[np.float64], y: NDArray[np.float64], leaves: int, seed: int) -> Trees:
    """Effects are small beside the noise of their scores: few slow rounds, and a leaf holds a hundredth of the rows."""
    model: Any = HistGradientBoostingRegressor(
        max_iter=60,
        learning_rate=0.05,
        max_leaf_nodes=leaves,
        min_samples_leaf=max(_SMALLEST_LEAF, len(y) // 100),
        early_stopping=False,
        random_state=seed,
    )
    return of_boosting(model.fit(x, y))


def _of_trees(sum_of: Trees, trial: Trial) -> Part:
    return Part(np.zeros(1), np.zeros((1, len(trial.columns))), sum_of)
