"""What an offer is worth: the chance of a visit in the slot, and the incremental margin of each product and depth.

    value(arm) = P(buy | arm) · (margin − discount) − P(buy | nothing) · margin − what a message costs

P(buy | nothing) is the ranker's chance at a visit times the chance of a visit in the slot; P(buy | arm) shifts its
logit by the campaign's slope (`models.response`), a prior until decisions were measured. Who would buy anyway gains
little by that shift and costs the whole discount, so their value turns negative and nothing is sent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from models.history import History
from models.response import redeem_probability
from models.timing import HOURS

DAY_S = 86_400
# Pseudo-orders that shrink a user's split over weekdays to the store's.
WEEKDAY_STRENGTH = 7.0


@dataclass(frozen=True)
class Arms:
    """Arms worth weighing for one user, ascending cost; arrays align. None of them is "nothing"."""

    product: np.ndarray
    """int64[a]: place in the products given."""
    depth: np.ndarray
    """int64[a]: place in their ladder."""
    discount_cents: np.ndarray
    """int64[a]."""
    p_buy: np.ndarray
    """float64[a]: chance of a redemption."""
    value_cents: np.ndarray
    """float64[a]: expected incremental margin."""
    cost_cents: np.ndarray
    """float64[a]: expected discount paid."""


def visit_rate(history: History, as_of_s: float, prior_visits: float, prior_days: float) -> float:
    """Visits a day: the mean of a gamma prior updated by the visits since the oldest purchase still in the history.

    A history keeps only each product's last visit; the one longest not bought dates a visit, and those after it are
    counted. The time since the last visit counts too, so a user who stays away fades.
    """
    if not len(history):
        return prior_visits / prior_days
    oldest = int(np.argmin(history.last_visit))
    n_after = history.n_visits - int(history.last_visit[oldest])
    days = max(0.0, (as_of_s - float(history.last_at_s[oldest])) / DAY_S)
    return (prior_visits + n_after) / (prior_days + days)


def day_chance(rate: float, rhythm: np.ndarray, prior: np.ndarray, weekday: int) -> float:
    """Chance of at least one visit on a weekday (0 = Monday): Poisson at `rate` a day, times the weekday's share · 7.

    rhythm, prior float[168]: orders by hour of the user's week and of the store's, to which the split is shrunk.
    """
    own, base = (np.asarray(week, dtype=np.float64).reshape(7, HOURS).sum(axis=1) for week in (rhythm, prior))
    base = base / base.sum() if base.sum() > 0 else np.full(7, 1 / 7)
    share = (own + WEEKDAY_STRENGTH * base) / (own.sum() + WEEKDAY_STRENGTH)
    return 1.0 - math.exp(-rate * 7.0 * float(share[weekday]))


def floor_cents(cost_cents: np.ndarray, min_margin_share: float) -> np.ndarray:
    """int64: the least price that may be paid, cost × (1 + share), rounded up."""
    # The small subtraction keeps a product that is whole in cents from being rounded up by a float's last digit.
    return np.ceil(np.asarray(cost_cents) * (1.0 + min_margin_share) - 1e-9).astype(np.int64)


def may_be_sent(price_cents: np.ndarray, floor: np.ndarray, off: np.ndarray) -> np.ndarray:
    """bool[k, d]: which discounts (int64[k, d]; 0 is no depth) keep the floor of their product (int64[k] each)."""
    kept: np.ndarray = (off > 0) & (price_cents[:, None] - off >= floor[:, None])
    return kept


def by_slope(
    p_buy: np.ndarray,
    price_cents: np.ndarray,
    cost_cents: np.ndarray,
    off: np.ndarray,
    slope: float,
    contact_cents: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(value in cents, chance of a redemption), float64[k, d] each, of discounts off, int64[k, d], none above its price.

    Row-aligned, [k] each: p_buy without an offer, price, cost.
    """
    price, cost = price_cents[:, None].astype(np.float64), cost_cents[:, None].astype(np.float64)
    p = redeem_probability(p_buy[:, None], off / price, slope)
    return p * (price - cost - off) - p_buy[:, None] * (price - cost) - contact_cents, p


def worth_weighing(value: np.ndarray, p: np.ndarray, off: np.ndarray, allowed: np.ndarray) -> Arms:
    """Of products × depths, [k, d] each, those that pay (value above zero) and lie on the upper hull of (cost, value).

    For any price of money, one of them or nothing is best, so the plan loses nothing by the pruning.
    """
    product, depth = np.nonzero(allowed & (value > 0.0))
    paid = p[product, depth] * off[product, depth]
    keep = hull(value[product, depth], np.ceil(paid))
    product, depth = product[keep], depth[keep]
    at = (product, depth)
    return Arms(product, depth, off[at], p[at], value[at], paid[keep])


def hull(value: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """int64: places of the points on the upper concave hull from (0, 0), ascending cost; ties go to the first place."""
    kept: list[int] = []
    for place in np.argsort(cost, kind="stable").tolist():
        if kept and value[place] <= value[kept[-1]]:
            continue
        while kept:
            last = kept[-1]
            before = (float(value[kept[-2]]), float(cost[kept[-2]])) if len(kept) > 1 else (0.0, 0.0)
            rise = (value[last] - before[0]) * (cost[place] - before[1])
            if (value[place] - before[0]) * (cost[last] - before[1]) < rise:
                break
            kept.pop()
        kept.append(place)
    return np.array(kept, dtype=np.int64)
