"""Hyperparameters of the blend, searched inside the history: each window ranked by what the other windows taught.

Tree-structured Parzen estimator (Bergstra et al. 2011, by optuna), seeded, a fixed number of trials, so that a rerun searches the
same way. The mean over windows is what counts: one window misleads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.scoring import top_k
from training.blend import fit_blend
from training.cases import Case
from training.design import Design
from training.fit import Parts
from training.metrics import KEYS, per_user
from training.ranked import Report
from training.recipe import Recipe

K = 10
LEAST_ASKED = 20
CLEARLY = 2.0
"""Standard errors, paired over users, by which a setting has to beat the recipe's own."""
JUDGED = ("recall", "ndcg", "hit_rate")
C_RANGE = (1e-3, 0.02)


@dataclass(frozen=True)
class Fold:
    """One window, ready to learn from and to be asked. design: rows of some users; held: of those of them who judge the trials
    (`is_asked`) and so teach none; cases: of all users.
    """

    parts: Parts
    design: Design
    held: Design
    cases: Sequence[Case]
    taken: Mapping[str, frozenset[str]]
    basket: float


@dataclass(frozen=True)
class Searched:
    """recipe: the best found, or the one given. trials: what was tried, in order, with the value each reached."""

    recipe: Recipe
    trials: tuple[Mapping[str, Any], ...] = ()


def search(folds: Sequence[Fold], recipe: Recipe, report: Report) -> Searched:
    """Try `recipe.trials` settings, the recipe's own first; too few windows or users leave nothing to choose by."""
    if recipe.trials < 2 or len(folds) < 2:
        return Searched(recipe)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    asked = [_some(fold.cases, recipe, number) for number, fold in enumerate(folds)]
    if min(map(len, asked)) < LEAST_ASKED:
        return Searched(recipe)

    values: list[NDArray[np.float64]] = []

    def value(trial: optuna.Trial) -> float:
        report("searching hyperparameters", trial.number, recipe.trials)
        tried = replace(recipe, blend_c=trial.suggest_float("blend_c", *C_RANGE, log=True))
        each = [_held_out(folds, number, asked[number], tried) for number in range(len(folds))]
        values.append(np.concatenate(each))
        return float(np.mean([mine.mean() for mine in each]))

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=recipe.seed % 2**32))
    study.enqueue_trial({"blend_c": recipe.blend_c})
    study.optimize(value, n_trials=recipe.trials)
    report("searching hyperparameters", recipe.trials, recipe.trials)
    ahead = values[study.best_trial.number] - values[0]
    # The best of several tries looks better by chance alone: the recipe's own stands unless clearly beaten.
    chosen = study.best_params if ahead.mean() > CLEARLY * ahead.std() / np.sqrt(len(ahead)) else {}
    return Searched(replace(recipe, **chosen), tuple({**trial.params, "value": trial.value} for trial in study.trials))


def _held_out(folds: Sequence[Fold], number: int, cases: Sequence[Case], recipe: Recipe) -> NDArray[np.float64]:
    """float64[len(cases)]: mean of recall, NDCG and hit at K, per user, under the blend of the other windows; full ranking."""
    others = [fold for place, fold in enumerate(folds) if place != number]
    blend = fit_blend([fold.design for fold in others], others[-1].basket, recipe)
    fold, ranker = folds[number], folds[number].parts.ranker(blend.arrays)
    hits, sizes = np.zeros((len(cases), K), dtype=bool), np.zeros(len(cases), dtype=np.int64)
    for place, case in enumerate(cases):
        scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
        taken = fold.taken[case.user_id]
        best = [ranker.product_ids.ids[row] in taken for row in top_k(scores.score, K)]
        hits[place, : len(best)], sizes[place] = best, len(taken)
    return np.asarray(per_user(hits, sizes)[:, [KEYS.index(name) for name in JUDGED]].mean(axis=1))


def is_asked(user_id: str) -> bool:
    """Whether a user judges the trials, by hash of the id: a fifth of all, who teach the trials nothing in any window.

    A user met in two windows brings the same habits to both, and a weak ridge that learned them by heart would look good.
    """
    return crc32(user_id.encode()) % 5 == 0


def _some(cases: Sequence[Case], recipe: Recipe, number: int) -> list[Case]:
    some = [case for case in cases if is_asked(case.user_id)]
    rng = np.random.default_rng([recipe.seed, number, 1])
    return [some[place] for place in np.sort(rng.permutation(len(some))[: recipe.search_users])]
