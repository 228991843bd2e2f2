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
        words = [(code, detail) for _, code, detail in sorted(told(ask, row, n, split))]
        if not known:
            words.append(("new_product", "nobody had bought it when the model was trained"))
        found.append(words)
    return found


def told(ask: Ask, row: int, sold: float, parts: Split) -> list[tuple[float, str, str]]:
    """(contribution below zero, so that the greatest sorts first, code, detail) of what raises the score and whose words hold.

    sold: of the product in the store and daypart, as `Cell.sold` has it. No words are made of a part that doesn't raise it.
    """
    _, usual, timing, similar, popular, local, like = parts
    found, share, total = [], ask.parts.plain_popularity[row], ask.cell.total
    if similar > 0 and like is not None:
        found.append((-similar, "similar_to_usual", ask.known.product_ids[like]))
    if popular > 0 and share > -math.log(len(ask.parts.products)):
        found.append((-popular, "popular", ask.parts.rank_words(row)))
    if local > 0 and sold > total * math.exp(share):
        code, where = ask.where
        found.append((-local, code, f"{100.0 * sold / total:.1f}% of sales {where}"))
    if (usual > 0 or timing > 0) and (place := ask.places.get(row)) is not None:
        if usual > 0:
            found.append((-usual, "bought_before", ask.pace.often(place)))
        if timing > 0 and (timed := _timing(ask.pace, place)) is not None:
            found.append((-timing, *timed))
    return found


def _timing(pace: Pace, place: int) -> tuple[str, str] | None:
    gap, since = pace.gap[place], pace.since[place]
    if since >= gap:
        return "due_again", f"usually every {gap:.1f} visits, last {pace.last(place)}"
    return ("bought_recently", pace.last(place)) if since <= pace.mean_since else None
