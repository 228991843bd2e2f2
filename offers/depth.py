"""How deep: the steps of a campaign, by its kind, as cents off each product at its price.

Every kind ends as whole cents that its budget pays when a coupon is redeemed, so that budgets, plans and the ledger know one sum:

- `money_off`: the step itself.
- `percent_off`: the step's share of the product's price when the offer is made, rounded down.
- `second_at_price`: what the second unit costs less than its price; the coupon needs two units in the basket.
- `points`: nothing comes off the price; the points are a liability of `cents_per_point` each, rounded up.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

Kind = Literal["money_off", "percent_off", "second_at_price", "points"]
Steps = Annotated[tuple[Annotated[int, Meta(ge=1, le=10**9)], ...], Meta(min_length=1, max_length=64)]
Percents = Annotated[tuple[Annotated[int, Meta(ge=1, le=100)], ...], Meta(min_length=1, max_length=64)]
LADDERS: dict[Kind, str] = {
    "money_off": "ladder_cents",
    "percent_off": "ladder_percent",
    "second_at_price": "second_price_cents",
    "points": "ladder_points",
}
"""The key of `[depth]` that holds a kind's steps."""


class Depth(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Steps tried, ascending: of the ladders the one that the campaign's kind reads. The price paid for a unit stays at
    cost × (1 + min_margin_share) or above."""

    ladder_cents: Steps = ()
    ladder_percent: Percents = ()
    second_price_cents: Steps = ()
    ladder_points: Steps = ()
    cents_per_point: Annotated[float, Meta(gt=0, le=10**4)] | None = None
    min_margin_share: Annotated[float, Meta(ge=0, le=10)] = 0.05

    def steps(self, kind: Kind) -> tuple[int, ...]:
        """The kind's ladder."""
        found: tuple[int, ...] = getattr(self, LADDERS[kind])
        return found


def discounts(kind: Kind, depth: Depth, price_cents: np.ndarray) -> np.ndarray:
    """int64[k, d]: cents of every step (d) at every price (int64[k]); 0 where a step gives nothing there."""
    steps, price = np.array(depth.steps(kind), dtype=np.int64), np.asarray(price_cents, dtype=np.int64)[:, None]
    if kind == "percent_off":
        return price * steps // 100
    if kind == "second_at_price":
        return np.maximum(price - steps, 0)
    if kind == "points":
        steps = np.array([points_cents(depth, step) for step in depth.ladder_points], dtype=np.int64)
    return np.broadcast_to(steps, (len(price), len(steps)))


def points_cents(depth: Depth, points: int) -> int:
    """The liability of so many points, in whole cents, rounded up."""
    return math.ceil(points * Fraction(str(depth.cents_per_point or 0)))


def floors(kind: Kind, floor_cents: np.ndarray) -> np.ndarray:
    """int64: the floors that a kind's coupons must keep. Points leave the price alone, so no floor is touched."""
    return np.zeros_like(floor_cents) if kind == "points" else floor_cents


def step_of(kind: Kind, depth: Depth, price_cents: int, discount_cents: int) -> int:
    """The step that gives a discount at a price, the first of several. Raises ValueError when none does."""
    found = discounts(kind, depth, np.array([price_cents]))[0].tolist()
    return depth.steps(kind)[found.index(discount_cents)]


def terms_of_kind(kind: Kind, step: int) -> tuple[int, int]:
    """(units of the product that the basket must hold, points granted) of a coupon."""
    return 2 if kind == "second_at_price" else 1, step if kind == "points" else 0
