"""What the two forms are fitted on: terms of products at past moments, and whether each was taken next.

The usual: every product of each user's history. The new: what was taken, and a sample of the rest that leans to what sells and to
what a neighbour reaches, each row weighing as many products as it stands for; so the weighted rows are an unbiased picture of the
full ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.columns import Signals, signals_of, values
from models.ranker import Ranker
from training.cases import Case
from training.recipe import Recipe

_SELLS, _EVEN = 0.4, 0.2


@dataclass(frozen=True)
class Rows:
    """values float32[m, T]: terms of one form; taken bool[m]; weight float32[m]: products a row stands for; user float32[m]: how
    much its user counts, 1 over the size of what that user took, as in recall.
    """

    values: NDArray[np.float32]
    taken: NDArray[np.bool_]
    weight: NDArray[np.float32]
    user: NDArray[np.float32]

    @staticmethod
    def of(several: Sequence[Rows], n_terms: int) -> Rows:
        """All of them, one after the other."""
        if not several:
            return Rows(np.empty((0, n_terms), np.float32), np.empty(0, bool), *(np.empty(0, np.float32),) * 2)
        columns = ([getattr(rows, name) for rows in several] for name in ("values", "taken", "weight", "user"))
        return Rows(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True)
class Design:
    """The rows of one window, or of several together."""

    usual: Rows
    new: Rows


def design(
    ranker: Ranker, cases: Sequence[Case], taken: Mapping[str, frozenset[str]], recipe: Recipe, rng: np.random.Generator
) -> Design:
    """Rows of all cases; taken: user to what they took next. Users without a known history teach nothing here."""
    share = np.exp(ranker.parts.arrays["popularity_global"].astype(np.float64))
    share /= share.sum()
    usual, new = [], []
    for case in cases:
        ask = ranker.ask(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
        basket = ranker.product_ids.rows(sorted(taken[case.user_id]))[1]
        if not len(ask.rows):
            continue
        signals, counts = signals_of(ask), np.float32(1.0 / len(taken[case.user_id]))
        rows, weight = _thinned(np.isin(ask.rows, basket), recipe.blend_usual, rng)
        usual.append(_rows(recipe.usual_terms, signals, ask.rows, basket, counts, rows, weight))
        others, weight = _others(signals, np.setdiff1d(basket, ask.rows), share, recipe.blend_others, rng)
        new.append(_rows(recipe.new_terms, signals, others, basket, counts, np.arange(len(others)), weight))
    return Design(Rows.of(usual, len(recipe.usual_terms)), Rows.of(new, len(recipe.new_terms)))


def _rows(
    terms: tuple[str, ...], signals: Signals, rows: NDArray[np.int64], basket: NDArray[np.int64], user: np.float32,
    kept: NDArray[np.int64], weight: NDArray[np.float32],
) -> Rows:  # fmt: skip
    matrix = values(terms, signals, rows)[kept]
    return Rows(matrix, np.isin(rows[kept], basket), weight, np.full(len(kept), user, np.float32))


def _thinned(
    taken: NDArray[np.bool_], most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places, weight) of what was taken and at most `most` of the rest, evenly drawn."""
    sure, rest = np.flatnonzero(taken), np.flatnonzero(~taken)
    drawn = rest if len(rest) <= most else np.sort(rng.choice(rest, most, replace=False))
    each = len(rest) / max(len(drawn), 1)
    return np.concatenate([sure, drawn]), np.concatenate([np.ones(len(sure)), np.full(len(drawn), each)]).astype("f4")


def _others(
    signals: Signals, sure: NDArray[np.int64], share: NDArray[np.float64], n_draws: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(rows, weight): `sure`, and draws of what the user never had, by sales, evenly, and by reach."""
    n = len(share)
    reach = sum(signals.near.values(), np.zeros(n))
    reach[signals.ask.rows] = 0.0
    total = float(reach.sum())
    near = reach / total if total > 0 else share
    chance = _SELLS * share + _EVEN / n + (1.0 - _SELLS - _EVEN) * near
    cumulative = np.cumsum(chance)
    drawn = np.minimum(np.searchsorted(cumulative, rng.random(n_draws) * cumulative[-1]), n - 1)
    drawn = drawn[~np.isin(drawn, signals.ask.rows) & ~np.isin(drawn, sure)]
    weight = np.concatenate([np.ones(len(sure)), cumulative[-1] / (n_draws * chance[drawn])])
    return np.concatenate([sure, drawn]), weight.astype(np.float32)
