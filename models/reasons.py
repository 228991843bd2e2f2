"""Why a product stands where it stands: the parts of its score above a plain reference, in words that are true.

The score is split without rest: score = base + Σ contributions (`grounds.py` for a linear blend, `form_grounds.py` for the two
forms). A part becomes a reason when it is above zero and its words hold.

| code | contribution | detail |
|---|---|---|
| bought_before | what the history says of it, and how it is bought again | "7 of your last 20 visits" |
| due_again, bought_recently | the time since it was last bought | "usually every 3.0 visits, last 4 visits ago" |
| similar_to_usual | neighbours and factors through the other products of the history | id of the one that adds most |
| popular_here_now, popular_here, popular_now | sales there above the chain's, and an even share | "2.5% of sales here" |
| popular | the chain's sales, of late and over all | "number 3 of 120 in the chain" |
| new_product | none (0) | nobody had bought it when the model was trained |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from models.best import Best, Sought
from models.block import Block
from models.pace import pace_of
from models.ragged import Ragged

Reason = tuple[str, str]
"""(code, detail)."""


class Splits(NamedTuple):
    """Scores in parts, float64[m] each: `base + usual + timing + similar + popular + local` is the score."""

    base: np.ndarray
    """Of a product of an even share of sales, or of a middling one, that nobody in particular is asked about."""
    usual: np.ndarray
    timing: np.ndarray
    similar: np.ndarray
    popular: np.ndarray
    local: np.ndarray
    like: np.ndarray
    """int64[m]: place in the known history of the product that adds most to `similar`; -1 when none adds."""


class Ground(Protocol):
    """What reasons are told from: a blend's way to split scores."""

    @property
    def block(self) -> Block:
        """The questions."""

    def score(self, place: int) -> np.ndarray:
        """float32[n]: the logit of every product for one question; always finite."""

    def best(self, wanted: Mapping[int, Sought]) -> dict[int, Best]:
        """By the place of a question: what `best_of_all` gives, for some or all of the questions."""

    def splits(self, told: Ragged, places: np.ndarray) -> Splits:
        """The parts of the scores of product rows; places int64[m]: of them, as `Block.places` has it."""


def explain(grounds: Ground, told: Ragged) -> list[list[Reason]]:
    """(code, detail) of each product row, greatest contribution first, ties by code."""
    block = grounds.block
    places = block.places(told)
    whys = _whys(block, told, grounds.splits(told, places), places)
    kind, item = np.array([why.holds for why in whys]).nonzero()
    size = np.array([why.size for why in whys])[kind, item]
    words = [reason for why in whys for reason in why.words(why.holds.nonzero()[0])]
    ordered = [words[at] for at in np.lexsort((-size, item)).tolist()]  # whose ties stay in the order of the codes
    ends = np.bincount(item, minlength=len(places)).cumsum().tolist()
    found = [ordered[start:end] for start, end in pairwise([0, *ends])]
    for at in (block.parts.arrays["has_history"][told.rows] == 0).nonzero()[0].tolist():
        found[at].append(("new_product", "nobody had bought it when the model was trained"))
    return found


class _Why(NamedTuple):
    """One code: where it holds bool[m], how much it adds float64[m], and its words at places int64[c]."""

    holds: np.ndarray
    size: np.ndarray
    words: Callable[[np.ndarray], list[Reason]]


def _whys(block: Block, told: Ragged, split: Splits, places: np.ndarray) -> list[_Why]:
    """In the order of the codes."""
    parts, pace, own = block.parts, pace_of(block, told, places), places >= 0
    share = parts.arrays["popularity_global"][told.rows].astype(np.float64)
    cells = [ask.cell for ask in block.asks]
    sold = np.concatenate([cell.sold(rows) for cell, rows in zip(cells, told.each(), strict=True)], dtype=np.float64)
    total = np.array([cell.total for cell in cells]).take(told.of)
    timed, due, even = own & (split.timing > 0), pace.since >= pace.gap, -math.log(len(parts.products))

    def popular(at: np.ndarray) -> list[Reason]:
        return [("popular", parts.rank_words(row)) for row in told.rows[at].tolist()]

    def local(at: np.ndarray) -> list[Reason]:
        where = [ask.where for ask in block.asks]
        shares = zip(told.of[at].tolist(), (100.0 * sold[at] / total[at]).tolist(), strict=True)
        return [(where[of][0], f"{_figure(percent)}% of sales {where[of][1]}") for of, percent in shares]

    def similar(at: np.ndarray) -> list[Reason]:
        first = np.array(block.owned.bounds).take(told.of[at])
        return [
            ("similar_to_usual", parts.products.ids[row]) for row in block.owned.rows[first + split.like[at]].tolist()
        ]

    return [
        _Why(own & (split.usual > 0), split.usual, pace.often),
        _Why(timed & ~due & (pace.since <= pace.mean_since), split.timing, pace.recently),
        _Why(timed & due, split.timing, pace.again),
        _Why((split.popular > 0) & (share > even), split.popular, popular),
        _Why((split.local > 0) & (sold > total * np.exp(np.maximum(share, even))), split.local, local),
        _Why((split.similar > 0) & (split.like >= 0), split.similar, similar),
    ]


def _figure(percent: float) -> str:
    """With one decimal, or as many as show a figure that isn't 0: of tens of thousands of products most sell less than 0.1%."""
    decimals = 1 if percent >= 0.095 else -math.floor(math.log10(float(f"{percent:.1g}")))
    return f"{percent:.{decimals}f}"
