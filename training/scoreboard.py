"""The board of a contest: metrics of the model and of each baseline, how sure they are, and what lies behind the means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from models.ranker import Ranker
from training.cases import Case, Known
from training.contest import MODEL, Contest, contest
from training.intervals import interval, resampled_means
from training.metrics import KEYS, mean, summary
from training.ranked import Report
from training.spread import by_activity, coverage, popularity_bias

Figures = dict[str, dict[str, Any]]
"""{str(k): {metric: value}}."""


def scoreboard(
    ranker: Ranker, known: Known, cases: Sequence[Case], targets: pl.DataFrame, ks: Sequence[int], report: Report
) -> dict[str, Any]:
    """Let `ranker` and each baseline rank for every user of `targets` (`contest.contest`) and put the result on a `board`."""
    return board(contest(ranker, known, cases, targets, max(ks), report), ks)


def board(held: Contest, ks: Sequence[int]) -> dict[str, Any]:
    """Metrics in the shape WIRE.md gives, intervals, spread, and counts of what was unknown.

    `intervals` (the model's and each baseline's): {str(k): {metric: [low, high]}}. `difference` in each baseline: {str(k):
    {metric: {"mean", "low", "high"}}}, model minus baseline, paired. Both at 95% by bootstrap over users, of whole targets
    (`training.intervals`). `by_activity`, `coverage` (each baseline's too) and `popularity_bias`: see `training.spread`.
    """
    sure = compared(held, ks)
    baselines = {}
    for name in held.baselines:
        found = summary(held.rankings[name], held.truth, ks, held.weights)
        told = {key: sure[name][key] for key in ("intervals", "difference")}
        baselines[name] = {**found["k"], **found, **told, "coverage": coverage(held, name, ks)}
    return {
        **summary(held.rankings[MODEL], held.truth, ks, held.weights),
        "intervals": sure[MODEL]["intervals"],
        "baselines": baselines,
        "by_activity": by_activity(held, ks),
        "coverage": coverage(held, MODEL, ks),
        "popularity_bias": popularity_bias(held, ks),
        "n_users": len(held.users),
        "n_users_repeat": len(np.unique(held.truth.owner[held.truth.seen])),
        "n_users_explore": len(np.unique(held.truth.owner[~held.truth.seen])),
        "n_products": len(held.products),
        "unknown_users": int((held.n_visits == 0).sum()),
        "unknown_target_products": held.n_unknown_products,
    }


def compared(held: Contest, ks: Sequence[int]) -> dict[str, dict[str, Figures]]:
    """By name of the ranking: `intervals` and, but for the model, `difference`; all on the same resamples of the users."""
    names, n_users = list(held.rankings), len(held.users)
    # Columns by ranking, k and metric.
    values = np.concatenate([held.values(name, k) for name in names for k in ks], axis=1)
    means, resampled = mean(values, held.weights), resampled_means(values, held.weights)
    low, high = interval(resampled, n_users)
    width = len(ks) * len(KEYS)
    own, own_means = resampled[:, :width], means[:width]
    found: dict[str, dict[str, Figures]] = {}
    for at, name in enumerate(names):
        part = slice(at * width, (at + 1) * width)
        ends = np.stack([low[part], high[part]], axis=1)
        found[name] = {"intervals": _by_k(ends.tolist(), ks)}
        if name != MODEL:
            less, more = interval(own - resampled[:, part], n_users, within=(-1.0, 1.0))
            cells = zip(own_means - means[part], less, more, strict=True)
            found[name]["difference"] = _by_k(
                [dict(zip(("mean", "low", "high"), map(float, c), strict=True)) for c in cells], ks
            )
    return found


def _by_k(cells: Sequence[Any], ks: Sequence[int]) -> Figures:
    n = len(KEYS)
    return {str(k): dict(zip(KEYS, cells[at * n : (at + 1) * n], strict=True)) for at, k in enumerate(ks)}
