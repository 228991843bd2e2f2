"""Beyond the mean: for whom a ranking is good, how much of the catalogue it shows, and how far it leans to what sells.

*Popularity percentile* of a product: the share of all sold products that stand at or below it in the popularity ranking
(`baselines.popular_rows`, its ties included), so 1 is the best seller and 0 a product that was never sold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.contest import MODEL, Contest
from training.metrics import KEYS, mean

BESIDE = "personal_then_popular"
"""The strongest baseline nearly everywhere; groups show it beside the model."""
_QUARTILES = (0.25, 0.5, 0.75)


def by_activity(contest: Contest, ks: Sequence[int]) -> list[dict[str, Any]]:
    """Users by how often they came before, in up to four groups cut at the quartiles of their visits, rarest first.

    Each {"visits": [fewest, most] of the group, both inclusive; "n_users"; and for "model" and "personal_then_popular"
    {str(k): {metric: value}}}. Users with equally many visits stay together, so there may be fewer groups.
    """
    visits = contest.n_visits
    if not len(visits):
        return []
    edges = np.unique(np.quantile(visits, _QUARTILES, method="inverted_cdf"))
    group = np.searchsorted(edges, visits)
    values = {name: {str(k): contest.values(name, k) for k in ks} for name in (MODEL, BESIDE)}
    return [
        {
            "visits": [int(visits[group == g].min()), int(visits[group == g].max())],
            "n_users": int((group == g).sum()),
            **{name: {k: _means(own, contest, group == g) for k, own in by_k.items()} for name, by_k in values.items()},
        }
        for g in np.unique(group)
    ]


def coverage(contest: Contest, name: str, ks: Sequence[int]) -> dict[str, float]:
    """{str(k): share of all products ranked that stand among the first k of at least one user}."""
    shown = {k: np.unique(contest.rankings[name][:, :k]) for k in ks}
    return {str(k): float((rows >= 0).sum() / max(len(contest.products), 1)) for k, rows in shown.items()}


def popularity_bias(contest: Contest, ks: Sequence[int]) -> dict[str, dict[str, float]]:
    """{str(k): {"recommended": ..., "targets": ...}}: mean popularity percentile of the model's first k, and of what was taken.

    Both are means over users of the mean over the user's products; `recommended` above `targets` leans to what sells. A target
    that was never sold has percentile 0; a user without any recommendation is left out of `recommended`.
    """
    percentile = np.zeros(len(contest.products) + 1)  # the last answers for row -1
    n_sold = len(contest.popular)
    percentile[contest.popular] = 1.0 - np.arange(n_sold) / max(n_sold, 1)
    truth = contest.truth
    taken = np.bincount(truth.owner, percentile[truth.rows], minlength=len(contest.users))
    everybody = np.ones(len(contest.users), bool)
    targets = _mean(taken / np.maximum(np.diff(truth.indptr), 1), contest, everybody)
    found = {}
    for k in ks:
        rows = contest.rankings[MODEL][:, :k]
        held = (rows >= 0).sum(axis=1)
        own = percentile[rows].sum(axis=1) / np.maximum(held, 1)
        found[str(k)] = {"recommended": _mean(own, contest, held > 0), "targets": targets}
    return found


def _mean(values: NDArray[np.float64], contest: Contest, users: NDArray[np.bool_]) -> float:
    weights = None if contest.weights is None else contest.weights[users]
    return float(mean(values[users, None], weights)[0])


def _means(values: NDArray[np.float64], contest: Contest, users: NDArray[np.bool_]) -> dict[str, float]:
    return {key: _mean(values[:, at], contest, users) for at, key in enumerate(KEYS)}
