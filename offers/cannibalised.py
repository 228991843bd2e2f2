"""What a redemption brought: purchases that would not have been, against those that would have been bought anyway.

By the holdout again: the campaign's products may sell more while others sell less (a swap), and a redeemed coupon may sit on a
purchase that the person makes without it. Per redemption, with the counts of everybody decided:

    incremental units = (units a treated person − units a held-out person) · treated people / redeemed coupons
    bought anyway     = 1 − incremental units of the campaign's products, kept between 0 and 1
"""

from __future__ import annotations

from dataclasses import dataclass

from offers.lift import Lift
from offers.moments import MIN_PEOPLE


@dataclass(frozen=True)
class Cannibalised:
    """Units per redeemed coupon, with the ends of their 95% intervals. `own`: the products that the campaign weighed, `other`:
    all the rest. None where it cannot be concluded, and `reason` says why the first of them can't. `n_redeemed`: None where a
    report hides it."""

    n_redeemed: int | None
    own: tuple[float, float, float] | None = None
    other: tuple[float, float, float] | None = None
    bought_anyway: tuple[float, float, float] | None = None
    reason: str | None = None


def cannibalised(own: Lift, other: Lift, n_redeemed: int) -> Cannibalised:
    """own, other: lifts (`offers.lift.lift_of`) whose outcome is units a person, of the campaign's products and of the rest.

    The number of redemptions is taken as it is: it is the campaign's own count and not a sample.
    """
    if n_redeemed < MIN_PEOPLE:
        return Cannibalised(n_redeemed, reason="too_few_redemptions" if n_redeemed else "no_redemptions")
    mine, rest = (_each(found, n_redeemed) for found in (own, other))
    anyway = None if mine is None else (_share(1 - mine[0]), _share(1 - mine[2]), _share(1 - mine[1]))
    return Cannibalised(n_redeemed, mine, rest, anyway, own.reason or other.reason)


def _each(found: Lift, n_redeemed: int) -> tuple[float, float, float] | None:
    if found.lift is None or found.low is None or found.high is None or found.n_treated is None:
        return None
    scale = found.n_treated / n_redeemed
    return found.lift * scale, found.low * scale, found.high * scale


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
