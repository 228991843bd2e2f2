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

from models.pace import Pace, pace_of
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


Told = tuple[float, str, str]
"""(its contribution below nought, so that the greatest sorts first, code, detail) of a part that raises the score."""


class Ground(Protocol):
    """What reasons are told from: a blend's way to split a score."""

    @property
    def ask(self) -> Ask:
        """The question."""

    def splits(self, rows: np.ndarray, places: np.ndarray) -> list[Split]:
        """The parts of the scores of product rows int64[m]; places: of them, as `Ask.places_of` has it."""


def explain(grounds: Ground, rows: np.ndarray | Sequence[int]) -> list[list[tuple[str, str]]]:
    """(code, detail) of each product row, greatest contribution first, ties by code."""
    ask, rows = grounds.ask, np.asarray(rows, dtype=np.int64)
    bought, sold = ask.parts.arrays["has_history"][rows].tolist(), ask.cell.sold(rows).tolist()
    places, found = ask.places_of(rows), []
    pace = pace_of(ask.known, places) if len(ask.known) else None
    told = zip(rows.tolist(), sold, bought, (places >= 0).tolist(), grounds.splits(rows, places), strict=True)
    for at, (row, n, known, is_own, split) in enumerate(told):
        kept = _of_any(ask, row, n, split)
        if is_own and pace is not None:
            kept += _of_own(pace, at, split)
        kept.sort()
        words = [(code, detail) for _, code, detail in kept]
        if not known:
            words.append(("new_product", "nobody had bought it when the model was trained"))
        found.append(words)
    return found


def _of_any(ask: Ask, row: int, sold: float, parts: Split) -> list[Told]:
    """sold: of the product in the store and daypart, as `Cell.sold` has it."""
    found, share, total = [], ask.parts.plain_popularity[row], ask.cell.total
    if parts.similar > 0 and parts.like is not None:
        found.append((-parts.similar, "similar_to_usual", ask.known.product_ids[parts.like]))
    if parts.popular > 0 and share > -math.log(len(ask.parts.products)):
        found.append((-parts.popular, "popular", ask.parts.rank_words(row)))
    if parts.local > 0 and sold > total * math.exp(share):
        code, where = ask.where
        found.append((-parts.local, code, f"{100.0 * sold / total:.1f}% of sales {where}"))
    return found


def _of_own(pace: Pace, at: int, parts: Split) -> list[Told]:
    """at: where in the pace the product stands."""
    found, gap, since = [], pace.gap[at], pace.since[at]
    if parts.usual > 0:
        found.append((-parts.usual, "bought_before", pace.often(at)))
    if parts.timing > 0 and since >= gap:
        found.append((-parts.timing, "due_again", f"usually every {gap:.1f} visits, last {pace.last(at)}"))
    elif parts.timing > 0 and since <= pace.mean_since:
        found.append((-parts.timing, "bought_recently", pace.last(at)))
    return found
