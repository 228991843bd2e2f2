"""How the terms add up: a logistic regression on what users took next, so the score is a logit and its sigmoid a probability.

The design holds, per user of a window, every product of the history and a sample of the others, each sampled row weighing as
many products as it stands for. So the weighted rows are an unbiased picture of the full ranking, and the fit stays calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.history import History
from models.ranker import Ranker
from training.cases import Case
from training.recipe import Recipe

LEAST_POSITIVES = 50
USUAL = ("habit", "lately", "count", "recency", "rebuy", "due", "share", "popularity_seen")
NEW = ("als", "cold", "popularity")
# For a shop too young to learn from. New: what sells, as a probability per visit. Usual: about what Complete Journey taught.
DEFAULT_NEW: Mapping[str, float] = {"intercept": 0.0, "popularity": 1.0}
DEFAULT_USUAL: Mapping[str, float] = {"intercept": 0.0, "habit": 0.3, "lately": 0.5, "count": 0.7, "rebuy": 0.5}


@dataclass(frozen=True)
class Design:
    """terms float32[m, T] (columns as `Ranker.terms`), taken bool[m], weight float32[m]: products a row stands for."""

    terms: NDArray[np.float32]
    taken: NDArray[np.bool_]
    weight: NDArray[np.float32]


def design(
    ranker: Ranker,
    cases: Sequence[Case],
    taken: Mapping[str, frozenset[str]],
    recipe: Recipe,
    rng: np.random.Generator,
) -> Design:
    """Rows of all cases; taken: user to what they took next.

    Others are drawn half by popularity and half evenly: a score's top is made of what sells, its floor of the rest.
    """
    n = len(ranker.product_ids)
    empty = ranker.score(History.empty(), store_id=None, hour_of_week=None)
    share = np.exp(empty.ask.log_popularity.astype(np.float64))
    draw = 0.5 * share / share.sum() + 0.5 / n
    cumulative = np.cumsum(draw)
    blocks = [_block(ranker, case, taken[case.user_id], recipe.blend_others, draw, cumulative, rng) for case in cases]
    if not blocks:
        return Design(np.empty((0, len(ranker.terms)), np.float32), np.empty(0, bool), np.empty(0, np.float32))
    return Design(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


def _block(
    ranker: Ranker,
    case: Case,
    basket: frozenset[str],
    n_others: int,
    draw: NDArray[np.float64],
    cumulative: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]]:
    _, own = ranker.product_ids.rows(case.history.product_ids)
    _, taken = ranker.product_ids.rows(sorted(basket))
    sure = np.union1d(own, taken)
    others = np.minimum(np.searchsorted(cumulative, rng.random(n_others) * cumulative[-1]), len(draw) - 1)
    others = others[~np.isin(others, sure)]
    rows = np.concatenate([sure, others])
    weight = np.concatenate([np.ones(len(sure)), 1.0 / (n_others * draw[others])]).astype(np.float32)
    return ranker.term_matrix(case.history, case.store_id, None, rows), np.isin(rows, taken), weight


def fit_weights(
    designs: Sequence[Design], terms: Sequence[str], basket: float, recipe: Recipe
) -> tuple[NDArray[np.float32], str]:
    """(blend_weights float32[T] in the order of `terms`, how). basket: mean products a visit, for the defaults.

    Two logistic regressions: the usual (rows of the history: history terms and popularity) and the new (all other rows: dense
    terms). A score adds them up as one: each `x_seen` takes out what the dense term x said of a product of the history.
    A half of which fewer than LEAST_POSITIVES rows were taken keeps its default, and `how` says so.
    """
    matrix = np.concatenate([d.terms for d in designs]) if designs else np.empty((0, len(terms)), np.float32)
    taken = np.concatenate([d.taken for d in designs]) if designs else np.empty(0, bool)
    weight = np.concatenate([d.weight for d in designs]) if designs else np.empty(0, np.float32)
    at = {term: column for column, term in enumerate(terms)}
    usual = matrix[:, at["seen"]] > 0
    halves: list[dict[str, float]] = []
    fitted: list[str] = []
    for name, rows, wanted, default in (("usual", usual, USUAL, DEFAULT_USUAL), ("new", ~usual, NEW, DEFAULT_NEW)):
        present = [term for term in wanted if term in at]
        half = matrix[rows][:, [at[term] for term in present]]
        learned = _logistic(half, taken[rows], weight[rows], recipe.blend_c)
        if learned is None:
            halves.append({**default, "intercept": default["intercept"] + float(np.log(max(basket, 1.0)))})
        else:
            fitted.append(name)
            halves.append({"intercept": learned[0], **dict(zip(present, learned[1].tolist(), strict=True))})
    weights = _compose(halves[0], halves[1], terms)
    return weights, f"{' and '.join(fitted)} fitted" if fitted else "defaults"


def _compose(usual: Mapping[str, float], new: Mapping[str, float], terms: Sequence[str]) -> NDArray[np.float32]:
    weights = {**{term: value for term, value in usual.items() if not term.endswith("_seen")}, **new}
    weights["seen"] = usual["intercept"] - new["intercept"]
    for term in ("als", "cold", "popularity"):
        weights[f"{term}_seen"] = usual.get(f"{term}_seen", 0.0) - new.get(term, 0.0)
    return np.array([weights.get(term, 0.0) for term in terms], dtype=np.float32)


def _logistic(
    matrix: NDArray[np.float32], taken: NDArray[np.bool_], weight: NDArray[np.float32], c: float
) -> tuple[float, NDArray[np.float64]] | None:
    """(intercept, coefficients) of a logistic regression with a ridge on standardised columns; None for too little data."""
    from sklearn.linear_model import LogisticRegression

    if taken.sum() < LEAST_POSITIVES or taken.all():
        return None
    mean, spread = matrix.mean(axis=0, dtype=np.float64), matrix.std(axis=0, dtype=np.float64)
    spread[spread < 1e-6] = np.inf  # a column that never varies weighs nothing
    model = LogisticRegression(C=c, max_iter=1000).fit((matrix - mean) / spread, taken, sample_weight=weight)
    coefficients = model.coef_[0] / spread
    return float(model.intercept_[0] - coefficients @ mean), coefficients
