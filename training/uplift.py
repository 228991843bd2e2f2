"""An uplift from a randomised trial: of each arm the best learner by cross-validation, or a shrunk mean where few drew it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.uplift import Part, Uplift
from training.trees import none, of_boosting, side_by_side
from training.uplift_choice import FOLDS, held_out, losses
from training.uplift_learners import LEARNERS, constant
from training.uplift_nuisance import cross_fitted, regression, scores
from training.uplift_prior import BELIEF_SPREAD, shrunk
from training.uplift_trial import Trial

THIN_ROWS, THIN_EVENTS = 400, 40
"""Fewer rows with the arm or with nothing, or fewer of the rarer outcome among either: then its effect is the prior's."""
PRIOR = "prior"


@dataclass(frozen=True)
class Fitted:
    """The arrays' reader, and how each arm above nothing came by its effect.

    learner: arm → name in LEARNERS, or `prior` for thin data; losses: arm → learner → cross-validated loss, as a share of that of
    the constant effect.
    """

    uplift: Uplift
    learner: Mapping[str, str]
    losses: Mapping[str, Mapping[str, float]]


def fit(trial: Trial, seed: int, groups: Sequence[str] | None = None, spread: float = BELIEF_SPREAD) -> Fitted:
    """Learn every arm of the trial. groups: kind of each arm above nothing (such as its product), all alike by default.

    An arm whose best learner is the constant effect is shrunk as the thin ones are. The same trial and seed give the same arrays.
    """
    # Many small fits: threads cost them more than they give, and one thread repeats itself.
    with threadpool_limits(1, "openmp"):
        return _fit(trial, seed, groups or [""] * (len(trial.arms) - 1), spread)


def _fit(trial: Trial, seed: int, groups: Sequence[str], spread: float) -> Fitted:
    expected = cross_fitted(trial, FOLDS, seed)
    told = scores(trial, expected)
    alike = shrunk(told.mean(axis=0), _variances(trial, told), groups, spread)
    thick = [arm for arm in range(1, len(trial.arms)) if not is_thin(trial, arm)]
    lost = losses(*held_out(trial, thick, seed)) if thick else {}
    parts, chosen, board = [], {}, {}
    for arm, name in enumerate(trial.arms[1:], start=1):
        board[name] = {each: float(loss[thick.index(arm)]) for each, loss in lost.items()} if arm in thick else {}
        best = min(board[name], key=board[name].__getitem__, default=PRIOR)
        chosen[name] = PRIOR if best == "mean" else best
        if chosen[name] == PRIOR:
            parts.append(constant(float(alike[arm - 1]), len(trial.columns)))
        else:
            parts.append(LEARNERS[best](trial, expected, arm, seed))
    return Fitted(Uplift(trial.columns, trial.arms, _nothing(trial, seed), _joined(parts)), chosen, board)


def is_thin(trial: Trial, arm: int) -> bool:
    """Whether too few drew `arm` or nothing, or too few of them had the rarer outcome, to learn who responds."""
    for each in (0, arm):
        outcome = trial.outcome[trial.arm == each]
        if len(outcome) < THIN_ROWS or min(outcome.sum(), len(outcome) - outcome.sum()) < THIN_EVENTS:
            return True
    return False


def _variances(trial: Trial, told: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64[arms − 1]: of each mean score; inf where nobody drew the arm, or nobody drew nothing."""
    n = np.bincount(trial.arm, minlength=len(trial.arms))
    # One row in two of either outcome has variance ¼: a floor, so that few rows that agree are not taken for certainty.
    least = 0.25 / np.maximum(n[1:], 1) ** 2 + 0.25 / max(n[0], 1) ** 2
    variance = np.maximum(told.var(axis=0) / len(told), least)
    return np.where((n[1:] > 0) & (n[0] > 0), variance, np.inf)


def _nothing(trial: Trial, seed: int) -> Part:
    """Chance of the outcome without any arm, on the logit: boosted trees, or one constant where few drew nothing."""
    model = regression(trial, 0, seed)
    weights = np.zeros((1, len(trial.columns)))
    if hasattr(model, "_predictors"):
        return Part(np.zeros(1), weights, of_boosting(model))
    chance = float(model.predict_proba(trial.x[:1])[0, 1])
    return Part(np.array([np.log(chance) - np.log1p(-chance)]), weights, none())


def _joined(parts: Sequence[Part]) -> Part:
    return Part(
        np.concatenate([part.base for part in parts]),
        np.concatenate([part.weights for part in parts]),
        side_by_side([part.trees for part in parts]),
    )
