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
from typing import NamedTuple, Protocol

import numpy as np

from models.habit import mean_gap
from models.terms import Ask


class Reason(NamedTuple):
    """One part of a product's score."""

    contribution: float
    code: str
    detail: str
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

    def split(self, row: int) -> Split:
        """The parts of one product row's score."""


def explain(grounds: Ground, row: int) -> list[tuple[str, str]]:
    """(code, detail) of one product row, greatest contribution first, ties by code."""
    kept = [reason for reason in told(grounds.ask, row, grounds.split(row)) if reason.holds and reason.contribution > 0]
    if not grounds.ask.parts.arrays["has_history"][row]:
        kept.append(Reason(0.0, "new_product", "nobody had bought it when the model was trained", True))
    return [(r.code, r.detail) for r in sorted(kept, key=lambda reason: (-reason.contribution, reason.code))]


def told(ask: Ask, row: int, parts: Split) -> list[Reason]:
    """Every part of the score but its base, in words."""
    found = np.flatnonzero(ask.rows == row)
    usual = _usual(ask, int(found[0]), parts) if len(found) else []
    return [*_similar(ask, parts), *_popular(ask, row, parts), *usual]


def _similar(ask: Ask, parts: Split) -> list[Reason]:
    if not len(ask.rows):
        return []
    product_id = "" if parts.like is None else ask.known.product_ids[parts.like]
    return [Reason(parts.similar, "similar_to_usual", product_id, parts.like is not None)]


def _usual(ask: Ask, place: int, parts: Split) -> list[Reason]:
    known = ask.known
    n_visits, visits_since = known.n_visits, known.visits_since
    gap, since = float(mean_gap(known)[place]), int(visits_since[place])
    often = f"{known.counts[place]:.0f} of your last {_visits(n_visits)}" if n_visits > 1 else "on your only visit"
    last = f"{_visits(since)} before the last" if since else "on your last visit"
    if since >= gap:
        timing = Reason(parts.timing, "due_again", f"usually every {gap:.1f} visits, last {last}", True)
    else:
        timing = Reason(parts.timing, "bought_recently", last, since <= float(visits_since.mean()))
    return [Reason(parts.usual, "bought_before", often, True), timing]


def _popular(ask: Ask, row: int, parts: Split) -> list[Reason]:
    chain, n = ask.parts.arrays["popularity_global"], len(ask.parts.products)
    here = float(ask.cell.counts[ask.cell.rows == row].sum())
    share = 100.0 * here / ask.cell.total if ask.cell.total else 0.0
    where = [*([] if ask.store_id is None else ["here"]), *([] if ask.daypart is None else [f"in the {ask.daypart}"])]
    code = "_".join(["popular", *([] if ask.store_id is None else ["here"]), *([] if ask.daypart is None else ["now"])])
    rank = f"number {ask.parts.popularity_rank(row)} of {n} in the chain"
    return [
        Reason(parts.popular, "popular", rank, float(chain[row]) > -math.log(n)),
        Reason(
            parts.local,
            code,
            f"{share:.1f}% of sales {' '.join(where)}",
            float(ask.log_popularity[row] - chain[row]) > 0,
        ),
    ]


def _visits(n: int) -> str:
    return "1 visit" if n == 1 else f"{n} visits"
