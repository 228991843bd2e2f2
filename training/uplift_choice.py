"""Which learner, by cross-validation within the trial alone.

Each fold is held out whole: outcomes, effects and all are learned without it, and the learner is scored by the squared distance
of its effects from the fold's doubly-robust scores, whose mean given x is the true effect; the loss is lowest for the truth.
(Scores made with models that had seen the fold reward X-learners, which repeat those models, for what they should not know.)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.uplift_learners import LEARNERS
from training.uplift_nuisance import cross_fitted, parts, regression, scores
from training.uplift_trial import Trial

FOLDS = 3
INNER_FOLDS = 2


def held_out(trial: Trial, arms: list[int], seed: int) -> tuple[NDArray[np.float64], Mapping[str, NDArray[np.float64]]]:
    """(scores float64[n, arms given], learner → its effects of that shape): each row by models that have not seen its fold."""
    wanted = [arm - 1 for arm in arms]
    told = np.zeros((len(trial.outcome), len(arms)))
    guesses = {name: np.zeros(told.shape) for name in LEARNERS}
    for held, rest in parts(len(trial.outcome), FOLDS, seed):
        seen, asked = trial.rows(rest), trial.rows(held)
        expected = [regression(seen, arm, seed).predict_proba(asked.x)[:, 1] for arm in range(len(trial.arms))]
        told[held] = scores(asked, np.column_stack(expected))[:, wanted]
        inner = cross_fitted(seen, INNER_FOLDS, seed + 1)
        for name, learner in LEARNERS.items():
            for at, arm in enumerate(arms):
                guesses[name][held, at] = learner(seen, inner, arm, seed).sums(asked.x)[:, 0]
    return told, guesses


def losses(told: NDArray[np.float64], guesses: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Learner → float64[arms]: mean squared distance from the scores, as a share of the mean effect's (below 1 is better)."""
    base = ((told - told.mean(axis=0)) ** 2).mean(axis=0)
    return {name: ((told - guess) ** 2).mean(axis=0) / np.maximum(base, 1e-12) for name, guess in guesses.items()}
