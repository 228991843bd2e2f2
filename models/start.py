"""The score of somebody without a known history, and how it splits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.best import Best, Sought, best_of_all
from models.block import Block
from models.ragged import Ragged
from models.reasons import Splits
from models.terms import Ask

_SURE = 0.99


def start(ask: Ask) -> np.ndarray:
    """float32[n]: the score of somebody without a known history: what sells there and then, as a logit.

    A visit takes `mean_basket` products, each by its share of the store and daypart, shrunk to the chain's.
    """
    expected = ask.parts.options.mean_basket * np.exp(ask.log_popularity.astype(np.float64))
    chance = np.minimum(expected, _SURE)
    return np.asarray(np.log(chance) - np.log1p(-chance), dtype=np.float32)


@dataclass(frozen=True)
class StartGrounds:
    """What such scores and their reasons share."""

    block: Block

    @cached_property
    def scores(self) -> list[np.ndarray]:
        """float32[n] for each question."""
        return [start(ask) for ask in self.block.asks]

    def score(self, place: int) -> np.ndarray:
        """See Ground."""
        return self.scores[place]

    def best(self, wanted: Mapping[int, Sought]) -> dict[int, Best]:
        """See Ground."""
        return {place: best_of_all(self.scores[place], *one) for place, one in wanted.items()}

    def splits(self, told: Ragged, places: np.ndarray) -> Splits:
        """See Ground. All of it is what sells."""
        log_global = self.block.parts.arrays["popularity_global"]
        chain, none = log_global[told.rows].astype(np.float64), np.zeros(len(told.rows))
        score, here = (
            np.concatenate([one[rows] for one, rows in zip(each, told.each(), strict=True)], dtype=np.float64)
            for each in (self.scores, [ask.log_popularity for ask in self.block.asks])
        )
        popular, local = chain + np.log(len(log_global)), here - chain
        return Splits(score - popular - local, none, none, none, popular, local, np.full(len(none), -1))
