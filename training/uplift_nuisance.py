"""What each arm's outcome is expected to be, and the doubly-robust score of each arm made from it.

The score of arm k for a row is μ_k − μ_0 + 1[k drawn]·(y − μ_k)/e_k − 1[nothing drawn]·(y − μ_0)/e_0: its mean given x is the
effect whenever the propensities e are right, however poor μ is (Robins & Rotnitzky 1995; Kennedy 2020, arXiv 2004.14497).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

from training.uplift_trial import Trial

_LEAST = 40
"""Rows of an arm, and a tenth of them of either outcome, below which its outcome is its mean."""


def cross_fitted(trial: Trial, folds: int, seed: int) -> NDArray[np.float64]:
    """float64[n, arms]: expected outcome with each arm, each row by a model that has not seen its fold."""
    expected = np.zeros(trial.propensity.shape)
    for held, rest in parts(len(trial.outcome), folds, seed):
        seen = trial.rows(rest)
        for arm in range(len(trial.arms)):
            expected[held, arm] = regression(seen, arm, seed).predict_proba(trial.x[held])[:, 1]
    return expected


def regression(trial: Trial, arm: int, seed: int) -> Any:
    """A fitted classifier of the outcome among the rows that drew `arm`; boosting, or the mean when there are few rows.

    Outcomes between 0 and 1 are taken as shares: the row counts as 1 with that weight and as 0 with the rest.
    """
    mine = trial.arm == arm
    x, y = trial.x[mine], trial.outcome[mine]
    weight = np.concatenate([y, 1.0 - y])
    twice, kind = np.concatenate([x, x]), np.repeat([1, 0], len(y))
    kept = weight > 0
    rare = min(y.sum(), len(y) - y.sum())
    if rare < _LEAST / 10 or len(y) < _LEAST:
        # One more of either outcome: an arm that nobody drew, or all answered alike, still has a chance strictly within 0 and 1.
        either = np.zeros((2, x.shape[1]))
        return DummyClassifier().fit(
            np.concatenate([either, twice]),
            np.concatenate([[1, 0], kind]),
            sample_weight=np.concatenate([[1, 1], weight]),
        )
    model = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=20, early_stopping=False, random_state=seed
    )
    return model.fit(twice[kept], kind[kept], sample_weight=weight[kept])


def scores(trial: Trial, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[n, arms − 1]: the doubly-robust score of each arm above nothing; expected float64[n, arms]."""
    drawn = trial.arm[:, None] == np.arange(len(trial.arms))
    # An arm that a row could not draw says nothing about that row: its score there rests on what is expected.
    chance = np.where(drawn, trial.propensity, 1.0)
    each = expected + drawn * (trial.outcome[:, None] - expected) / chance
    return each[:, 1:] - each[:, :1]


def parts(n: int, folds: int, seed: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(held out, rest) of each fold, drawn by seed; rows in order within."""
    fold = np.random.default_rng(seed).permutation(n) % folds
    return [(np.flatnonzero(fold == at), np.flatnonzero(fold != at)) for at in range(folds)]
