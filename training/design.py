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

from models.block import Block
from models.columns import values
from models.ragged import Ragged
from models.ranker import Ranker
from models.signals import Signals, signals_of
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
    draws, usual, new = _Draws.of(ranker, recipe.blend_others), [], []
    owned, bought = (np.zeros(len(ranker.product_ids), dtype=bool) for _ in range(2))
    for case in cases:
        ask = ranker.ask(case.history, store_id=case.store_id, hour_of_week=None, at_s=case.at_s)
        basket = ranker.product_ids.rows(sorted(taken[case.user_id]))[1]
        if not len(ask.rows):
            continue
        owned[ask.rows], bought[basket] = True, True
        signals, counts = signals_of(Block.of([ask])), np.float32(1.0 / len(taken[case.user_id]))
        kept, weight = _thinned(bought[ask.rows], recipe.blend_usual, rng)
        matrix = values(recipe.usual_terms, signals, signals.block.owned)[kept]
        usual.append(_rows(matrix, bought[ask.rows[kept]], weight, counts))
        others, weight = draws.others(signals, owned | bought, basket[~owned[basket]], rng)
        new.append(_rows(values(recipe.new_terms, signals, Ragged.of_each([others])), bought[others], weight, counts))
        owned[ask.rows], bought[basket] = False, False
    return Design(Rows.of(usual, len(recipe.usual_terms)), Rows.of(new, len(recipe.new_terms)))


def _rows(matrix: NDArray[np.float32], taken: NDArray[np.bool_], weight: NDArray[np.float32], user: np.float32) -> Rows:
    return Rows(matrix, taken, weight, np.full(len(matrix), user, np.float32))


def _thinned(
    taken: NDArray[np.bool_], most: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places, weight) of what was taken and at most `most` of the rest, evenly drawn."""
    sure, rest = np.flatnonzero(taken), np.flatnonzero(~taken)
    drawn = rest if len(rest) <= most else np.sort(rng.choice(rest, most, replace=False))
    each = len(rest) / max(len(drawn), 1)
    return np.concatenate([sure, drawn]), np.concatenate([np.ones(len(sure)), np.full(len(drawn), each)]).astype("f4")


@dataclass(frozen=True)
class _Draws:
    """Products outside a history: `size` of them, by sales, evenly, and by reach. common, summed float64[n]: the chance of each
    product by the first two, and its running sum.
    """

    common: NDArray[np.float64]
    summed: NDArray[np.float64]
    size: int

    @classmethod
    def of(cls, ranker: Ranker, size: int) -> _Draws:
        share = np.exp(ranker.parts.arrays["popularity_global"].astype(np.float64))
        common = _SELLS * share / share.sum() + _EVEN / len(share)
        common /= common.sum()
        return cls(common, np.cumsum(common), size)

    def others(
        self, signals: Signals, out: NDArray[np.bool_], sure: NDArray[np.int32], rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(rows, weight): `sure`, and what was drawn; out bool[n]: never drawn, the owned and the taken."""
        reach = sum((each[0] for each in signals.near.values()), np.zeros(len(out), np.float32))
        reach[out] = 0.0
        near = np.flatnonzero(reach > 0)  # of bools, several times faster
        by_reach = rng.random(self.size) >= _SELLS + _EVEN if len(near) else np.zeros(self.size, dtype=bool)
        drawn = np.empty(self.size, dtype=np.int64)
        drawn[~by_reach] = _pick(self.summed, int((~by_reach).sum()), rng)
        chance = self.common
        if len(near):
            running = np.cumsum(reach[near], dtype=np.float64)
            drawn[by_reach] = near[_pick(running, int(by_reach.sum()), rng)]
            chance = (_SELLS + _EVEN) * chance[drawn] + (1.0 - _SELLS - _EVEN) * reach[drawn] / running[-1]
        else:
            chance = chance[drawn]
        kept = ~out[drawn]
        weight = np.concatenate([np.ones(len(sure)), 1.0 / (self.size * chance[kept])])
        return np.concatenate([sure, drawn[kept]]), weight.astype(np.float32)


def _pick(running: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places drawn in proportion to the steps of a running sum."""
    return np.minimum(np.searchsorted(running, rng.random(size) * running[-1], side="right"), len(running) - 1)
