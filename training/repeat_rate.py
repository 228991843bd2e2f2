"""How many purchases each customer makes in the weeks to come, learned inside the weeks that are known.

The known weeks are cut again a few weeks before their end: what a customer had done by the cut is the row, the purchases a week
between the cut and the end the outcome. A log-linear Poisson regression and boosted Poisson trees are fitted on all the cuts
together, BG/NBD's expectation among their columns; the answer is the geometric mean of the two. The rate of the last weeks is
held for the whole horizon: what season comes after the known weeks is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from training.errors import TrainingError
from training.repeat_features import WEEK, Floats, Purchases, features, fit_summary, summary

CUTS_BEFORE_END = (28, 42, 56, 70, 84)
"""Days: four weeks is the least that shows a rate, twelve leave the cohort's first weeks out."""


def expected(
    purchases: Purchases, end: int, horizon_days: int, seed: int, cuts: Sequence[int] = CUTS_BEFORE_END
) -> Floats:
    """float64[n_customers]: purchases expected in [end, end + horizon_days), NaN for who is not known for two weeks by `end`.

    Reads nothing at or after `end`. TrainingError when the days before it are too few for the cuts.
    """
    known = purchases.before(end)
    if not len(known.day) or known.day.min() > end - max(cuts) - 2 * WEEK:
        raise TrainingError(
            f"repeat purchases: fewer than {max(cuts) + 14} days are known before day {end}; give more history"
        )
    models = _fitted(known, end, seed, cuts)
    at, horizon = summary(known, end), horizon_days / WEEK
    x = features(known, end, horizon, fit_summary(at))
    answer = np.full(known.n_customers, np.nan)
    answer[at.known] = horizon * np.exp(np.mean([np.log(model.predict(x)) for model in models], axis=0))
    return answer


def _fitted(known: Purchases, end: int, seed: int, cuts: Sequence[int]) -> list[Any]:
    """The two regressions of purchases a week, rows weighed by the weeks they were watched for."""
    rows, rates, weeks = [], [], []
    for days in cuts:
        cut, watched = end - days, days / WEEK
        at = summary(known, cut)
        rows.append(features(known, cut, watched, fit_summary(at)))
        rates.append(known.counted(cut, end)[at.known] / watched)
        weeks.append(np.full(len(rows[-1]), watched))
    x, rate, weight = np.concatenate(rows), np.concatenate(rates), np.concatenate(weeks)
    weight /= weight.mean()
    line = make_pipeline(StandardScaler(), PoissonRegressor(alpha=1e-3, max_iter=1000))
    boosted = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=80,
        learning_rate=0.05,
        max_leaf_nodes=8,
        min_samples_leaf=300,
        early_stopping=False,
        random_state=seed,
    )
    return [
        line.fit(x, rate, poissonregressor__sample_weight=weight),
        boosted.fit(x, rate, sample_weight=weight),
    ]
