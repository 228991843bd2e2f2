"""What a question is answered with: every product's score, and the reasons, told of several slates at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from models.best import Best, Sought
from models.ragged import Ragged
from models.reasons import Ground, Reason, Splits, explain
from models.response import sigmoid
from models.terms import Ask


@dataclass(frozen=True)
class Scores:
    """Every product's score for one user, place and time. Row j is product `Ranker.product_ids.ids[j]`."""

    grounds: Ground = field(repr=False)
    """What the scores and their reasons share, for all questions that were asked together."""
    place: int
    """Of the question among those."""

    @cached_property
    def score(self) -> np.ndarray:
        """float32[n]: the logit; always finite. A caller marks what is not eligible with NaN in a copy."""
        return self.grounds.score(self.place)

    @property
    def ask(self) -> Ask:
        """The question."""
        return self.grounds.block.asks[self.place]

    @property
    def n_unknown(self) -> int:
        """Products of the history that the artifact does not know, and which counted for nothing."""
        return self.ask.n_unknown

    @property
    def store_known(self) -> bool:
        """Whether the store was given and the artifact knows it."""
        return self.ask.store is not None

    def probability(self, rows: np.ndarray | Sequence[int]) -> np.ndarray:
        """float64[len(rows)]: the chance that the user takes the product at the next visit, sigmoid(score)."""
        return sigmoid(self.score[np.asarray(rows, dtype=np.int64)])

    def splits(self, rows: np.ndarray | Sequence[int]) -> Splits:
        """The parts, float64[m] each, of the scores of several distinct product rows."""
        told = _told(self.grounds, {self.place: np.asarray(rows, dtype=np.int64)})
        return self.grounds.splits(told, self.grounds.block.places(told))

    def reasons(self, row: int) -> list[Reason]:
        """(code, detail) of what raised this product's score, most first. Codes are in `reasons.py`."""
        return self.reasons_of([row])[0]

    def reasons_of(self, rows: np.ndarray | Sequence[int]) -> list[list[Reason]]:
        """The same of several distinct product rows."""
        return reasons_together([self], [rows])[0]


def best_together(scores: Sequence[Scores], wanted: Sequence[Sought]) -> list[Best]:
    """The best of each, row-aligned with `scores`, mostly without scoring all; cheapest for those that were asked together.

    ValueError for the same scores twice.
    """
    found: list[Any] = [None] * len(scores)
    for grounds, at in _by_grounds(scores):
        for place, best in grounds.best({place: wanted[number] for place, number in at.items()}).items():
            found[at[place]] = best
    return found


def reasons_together(
    scores: Sequence[Scores], slates: Sequence[np.ndarray | Sequence[int]]
) -> list[list[list[Reason]]]:
    """`reasons_of` each slate of distinct product rows, row-aligned with `scores`; cheapest for those that were asked together.

    ValueError for the same scores twice.
    """
    found: list[list[list[Reason]]] = [[] for _ in scores]
    rows = [np.asarray(slate, dtype=np.int64) for _, slate in zip(scores, slates, strict=True)]
    for grounds, at in _by_grounds(scores):
        told = _told(grounds, {place: rows[number] for place, number in at.items()})
        words = explain(grounds, told)
        for place, number in at.items():
            found[number] = words[told.bounds[place] : told.bounds[place + 1]]
    return found


def _by_grounds(scores: Sequence[Scores]) -> Iterator[tuple[Ground, dict[int, int]]]:
    """What some were asked together share, and their number by place."""
    if len({id(each) for each in scores}) < len(scores):
        raise ValueError("the same scores come twice: answer them once")
    for grounds in {id(each.grounds): each.grounds for each in scores}.values():
        yield grounds, {each.place: number for number, each in enumerate(scores) if each.grounds is grounds}


def _told(grounds: Ground, rows: Mapping[int, np.ndarray]) -> Ragged:
    """rows: int64[m_q] by the question's place; of the other questions none."""
    none = np.empty(0, np.int64)
    return Ragged.of_each([rows.get(place, none) for place in range(len(grounds.block.asks))])
