"""Why a product stands where it stands: the parts of its score above a plain reference, in words that are true.

The score is split without rest: score = base + Σ contributions, where `base` is what a product of an even share of
sales, which this user has never bought, would get. A part becomes a reason when it is above zero and its words hold.

| code | contribution | detail |
|---|---|---|
| bought_before | the history terms, timing at the user's mean, likeness to itself | "7 of your last 20 visits" |
| due_again, bought_recently | recency and due above the user's mean | "usually every 3.0 visits, last 4 visits ago" |
| similar_to_usual | als and cold through the other products of the history | id of the one that adds most |
| popular_here_now, popular_here, popular_now | popularity there above the chain's | "2.5% of sales here" |
| popular | the chain's popularity above an even share | "number 3 of 120 in the chain" |
| new_product | none (0) | nobody had bought it when the model was trained |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from models.grounds import Grounds


class Reason(NamedTuple):
    """One part of a product's score."""

    contribution: float
    code: str
    detail: str
    holds: bool
    """Whether the words are true of the numbers, whatever the sign of the contribution."""


def explain(grounds: Grounds, row: int) -> list[tuple[str, str]]:
    """(code, detail) of one product row, greatest contribution first, ties by code."""
    kept = [reason for reason in split(grounds, row) if reason.holds and reason.contribution > 0]
    if not grounds.parts.arrays["has_history"][row]:
        kept.append(Reason(0.0, "new_product", "nobody had bought it when the model was trained", True))
    return [(r.code, r.detail) for r in sorted(kept, key=lambda reason: (-reason.contribution, reason.code))]


def base(grounds: Grounds, row: int) -> float:
    """The reference of one product row: intercept, an even share of sales, and the product's own bias."""
    weights = grounds.weights
    even = -math.log(len(grounds.parts.products))
    bias = float(grounds.parts.arrays["cold_factors"][row, -1])
    return weights["intercept"] + weights["popularity"] * even + weights["cold"] * bias


def split(grounds: Grounds, row: int) -> list[Reason]:
    """Every part of the score of one product row; with `base` they add up to the score."""
    found = np.flatnonzero(grounds.ask.rows == row)
    if not len(found):
        return [*_similar(grounds, _likeness(grounds, row, grounds.weights)), *_popular(grounds, row, grounds.weights)]
    place = int(found[0])
    shares = _likeness(grounds, row, grounds.seen_weights)
    itself = float(shares[place])
    shares[place] = 0.0  # "like itself" says nothing
    popular = _popular(grounds, row, grounds.seen_weights)
    return [*_similar(grounds, shares), *popular, *_usual(grounds, place, itself)]


def _likeness(grounds: Grounds, row: int, weights: Mapping[str, float]) -> np.ndarray:
    """float64[k]: what each past product adds, x_u · y_j = Σ_i c_i · y_i A^-1 y_j (Hu et al. 2008, section 5)."""
    ask, factors, cold = grounds.ask, grounds.parts.arrays["als_factors"], grounds.parts.arrays["cold_factors"]
    als = ask.confidence * (factors[ask.rows] @ (grounds.inverse @ factors[row]))
    share = ask.known.decayed / max(float(ask.known.decayed.sum()), 1e-30)
    mean = share * (cold[ask.rows, :-1] @ cold[row, :-1])
    return np.asarray(weights["als"] * als + weights["cold"] * mean, dtype=np.float64)


def _similar(grounds: Grounds, shares: np.ndarray) -> list[Reason]:
    if not len(shares):
        return []
    best = int(np.argmax(shares))
    product_id = grounds.ask.known.product_ids[best]
    return [Reason(float(shares.sum()), "similar_to_usual", product_id, bool(shares[best] > 0))]


def _usual(grounds: Grounds, place: int, itself: float) -> list[Reason]:
    known = grounds.ask.known
    n_visits, visits_since = known.n_visits, known.visits_since
    gap, since = float(grounds.gap[place]), int(visits_since[place])
    often = f"{known.counts[place]:.0f} of your last {_visits(n_visits)}" if n_visits > 1 else "on your only visit"
    last = f"{_visits(since)} before the last" if since else "on your last visit"
    above = float(grounds.timed[place])
    if since >= gap:
        timing = Reason(above, "due_again", f"usually every {gap:.1f} visits, last {last}", True)
    else:
        timing = Reason(above, "bought_recently", last, since <= float(visits_since.mean()))
    return [Reason(float(grounds.usual[place]) + itself, "bought_before", often, True), timing]


def _popular(grounds: Grounds, row: int, weights: Mapping[str, float]) -> list[Reason]:
    chain, ask, n = grounds.parts.arrays["popularity_global"], grounds.ask, len(grounds.parts.products)
    above_even = float(chain[row]) + math.log(n)
    local = float(ask.log_popularity[row]) - float(chain[row])
    here = float(ask.cell.counts[ask.cell.rows == row].sum())
    share = 100.0 * here / ask.cell.total if ask.cell.total else 0.0
    where = [*([] if ask.store_id is None else ["here"]), *([] if ask.daypart is None else [f"in the {ask.daypart}"])]
    code = "_".join(["popular", *([] if ask.store_id is None else ["here"]), *([] if ask.daypart is None else ["now"])])
    rank = f"number {grounds.parts.popularity_rank(row)} of {n} in the chain"
    return [
        Reason(weights["popularity"] * above_even, "popular", rank, above_even > 0),
        Reason(weights["popularity"] * local, code, f"{share:.1f}% of sales {' '.join(where)}", local > 0),
    ]


def _visits(n: int) -> str:
    return "1 visit" if n == 1 else f"{n} visits"
