"""Why a product stands where it stands: the parts of its score above a plain reference, in words that are true.

The score is split without rest: score = base + Σ contributions (`grounds.py` for a linear blend, `form_grounds.py` for the two
forms). A part becomes a reason when it is above zero and its words hold.

| code | contribution | detail |
|---|---|---|
| bought_before | what the history says of it, and how it is bought again | "7 of your last 20 visits" |
| due_again, bought_recently | the time since it was last bought | "usually every 3.0 visits, last 4 visits ago" |
| similar_to_usual | neighbours and factors through the other products of the history | id of the one that adds most |
| popular_here_now, popular_here, popular_now | sales there above the chain's | "2.5% of sales here" |
| popular | the chain's sales, of late and over all | "number 3 of 120 in the chain" |
| new_product | none (0) | nobody had bought it when the model was trained |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from models.pace import Pace
from models.terms import Ask


class Reason(NamedTuple):
    """One part of a product's score."""

    contribution: float
    code: str
    detail: str
    """Its words; empty where nobody asks for them, as the part does not raise the score."""
    holds: bool
    """Whether the words are true of the numbers, whatever the sign of the contribution."""


class Split(NamedTuple):
    """One product's score in parts: `base + usual + timing + similar + popular + local` is the score."""

    base: float
    """Of a product of an even share of sales, or of a middling one, that nobody in particular is asked about."""
    usual: float = 0.0
    timing: float = 0.0
    similar: float = 0.0
    popular: float = 0.0
    local: float = 0.0
    like: int | None = None
    """Place in the known history of the product that adds most to `similar`; None when none adds."""


class Ground(Protocol):
    """What reasons are told from: a blend's way to split a score."""

    @property
    def ask(self) -> Ask:
        """The question."""

    def splits(self, rows: np.ndarray) -> list[Split]:
        """The parts of the scores of these product rows int64[m]."""


def explain(grounds: Ground, rows: np.ndarray | Sequence[int]) -> list[list[tuple[str, str]]]:
    """(code, detail) of each product row, greatest contribution first, ties by code."""
    ask, rows = grounds.ask, np.asarray(rows, dtype=np.int64)
    bought, sold, found = ask.parts.arrays["has_history"][rows].tolist(), ask.cell.sold(rows).tolist(), []
    for row, n, known, split in zip(rows.tolist(), sold, bought, grounds.splits(rows), strict=True):
        kept = [(-size, code, detail) for size, code, detail, holds in told(ask, row, n, split) if size > 0 and holds]
        kept.sort()
        words = [(code, detail) for _, code, detail in kept]
        if not known:
            words.append(("new_product", "nobody had bought it when the model was trained"))
        found.append(words)
    return found


def told(ask: Ask, row: int, sold: float, parts: Split) -> list[Reason]:
    """Every part of the score but its base. sold: of the product in the store and daypart, as `Cell.sold` has it."""
    chain, total, found = ask.parts.plain_popularity[row], ask.cell.total, []
    if ask.places:
        like = "" if parts.like is None else ask.known.product_ids[parts.like]
        found.append(Reason(parts.similar, "similar_to_usual", like, parts.like is not None))
    rank = ask.parts.rank_words(row) if parts.popular > 0 else ""
    found.append(Reason(parts.popular, "popular", rank, chain > -math.log(len(ask.parts.products))))
    code, where = ask.where
    share = f"{100.0 * sold / total:.1f}% of sales {where}" if total and parts.local > 0 else ""
    found.append(Reason(parts.local, code, share, sold > total * math.exp(chain)))
    if (place := ask.places.get(row)) is not None:
        found.append(Reason(parts.usual, "bought_before", ask.pace.often(place) if parts.usual > 0 else "", True))
        found.append(_timing(ask.pace, place, parts.timing))
    return found


def _timing(pace: Pace, place: int, contribution: float) -> Reason:
    gap = pace.gap[place]
    last = pace.last(place) if contribution > 0 else ""
    if pace.since[place] >= gap:
        return Reason(contribution, "due_again", last and f"usually every {gap:.1f} visits, last {last}", True)
    return Reason(contribution, "bought_recently", last, pace.since[place] <= pace.mean_since)
