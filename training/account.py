"""A training run's account of itself: the held-out window looked at closely, and put on the report's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.form import Form
from models.novelty import dialled
from models.response import sigmoid
from training.calibration import calibration
from training.recipe import Recipe
from training.report import ReportData
from training.search import Fold
from training.tuning import Tuned

DIAL = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
K = 10
_USERS = 400
_LIBRARIES = ("numpy", "polars", "scikit-learn", "optuna", "implicit", "lightfm-next")


def account(
    tuned: Tuned,
    artifact_version: str,
    trained_through: datetime,
    seconds: Mapping[str, float],
    notes: tuple[str, ...],
    counts: Mapping[str, int],
) -> ReportData:
    """What `training.report` draws. seconds: stage to seconds, in order; counts: sales, users, products."""
    judged = tuned.judged
    forms = {half: _form(tuned, half) for half in ("usual", "new")}
    return ReportData(
        title="Daypart training report",
        version=artifact_version,
        trained_through=trained_through.isoformat(),
        board=tuned.validation,
        calibration=[] if judged is None else chances(*judged),
        novelty=[] if judged is None else dial(*judged, tuned.recipe),
        weights={half: _per_deviation(form, judged, half) for half, form in forms.items() if judged is not None},
        seconds=seconds,
        notes=notes,
        facts={
            **{name: f"{count:,}" for name, count in counts.items()},
            "windows": str(tuned.n_windows),
            "blend": tuned.blend.how,
            "search": "; ".join(_trial(trial) for trial in tuned.trials) or "none",
            "seed": str(tuned.recipe.seed),
            **{name: version(name) for name in _LIBRARIES},
        },
    )


def chances(fold: Fold, blend: Any) -> list[dict[str, float]]:
    """Bins of predicted chance against what was taken, on the held-out window's weighted rows."""
    scores, halves = [], (fold.design.usual, fold.design.new)
    for half, rows in zip(("usual", "new"), halves, strict=True):
        terms = fold.parts.parameters[f"{half}_terms"]
        form = Form.of(tuple(terms), blend.arrays[f"{half}_range"], blend.arrays[f"{half}_matrix"])
        scores.append(form.score(rows.values))
    taken = np.concatenate([rows.taken for rows in halves])
    weight = np.concatenate([rows.weight for rows in halves]).astype(np.float64)
    return calibration(sigmoid(np.concatenate(scores)), taken, weight) if taken.any() else []


def dial(fold: Fold, blend: Any, recipe: Recipe) -> list[dict[str, float]]:
    """Recall at K of the held-out window at settings of `filter.novelty`: whole, of the repeat part and of the explore part."""
    ranker = fold.parts.ranker(blend.arrays)
    rng = np.random.default_rng([recipe.seed, 2])
    some = rng.permutation(len(fold.cases))[:_USERS]
    found: NDArray[np.float64] = np.full((len(some), len(DIAL), 3), np.nan)
    for place, number in enumerate(np.sort(some).tolist()):
        case = fold.cases[number]
        scores = ranker.score(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
        _, rows = ranker.product_ids.rows(sorted(fold.taken[case.user_id]))
        owned = np.isin(rows, scores.ask.rows)
        for step, novelty in enumerate(DIAL):
            hit = np.isin(rows, dialled(scores.score, scores.ask.rows, novelty, K))
            parts = (hit, hit[owned], hit[~owned])
            found[place, step] = [part.mean() if len(part) else np.nan for part in parts]
    means = [[_mean(found[:, step, part]) for part in range(3)] for step in range(len(DIAL))]
    names = ("recall", "repeat_recall", "explore_recall")
    return [
        {"novelty": novelty, **dict(zip(names, mean, strict=True))} for novelty, mean in zip(DIAL, means, strict=True)
    ]


def _mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0


def _form(tuned: Tuned, half: str) -> Form:
    terms = tuned.recipe.usual_terms if half == "usual" else tuned.recipe.new_terms
    return Form.of(terms, tuned.blend.arrays[f"{half}_range"], tuned.blend.arrays[f"{half}_matrix"])


def _per_deviation(form: Form, judged: tuple[Fold, Any], half: str) -> dict[str, float]:
    values = getattr(judged[0].design, half).values
    if not len(values):
        return {}
    spread = form.standing(values).std(axis=0)
    return dict(zip(form.terms, (form.linear * spread).tolist(), strict=True))


def _trial(trial: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in trial.items())
