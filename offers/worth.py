"""What an offer is worth over its whole day: what it sells, what it gives away, what it replaces and whom it keeps away.

With A = P(bought | arm), S = P(stays | arm) and B = P(bought | nothing) (`models.response_classes`), b and day what was foretold
of an untouched day, its chance to buy and its margin:

    hit   = margin + rest,   other = (day - b · hit) / (1 - b)
    value = A · (hit - discount) + (S - A) · other - B · hit - (1 - B) · other - contact

A day with the coupon used is worth its product with the rest of the basket, any other day `other`, with and without an offer. A
visit that the coupon only moved, or that would have bought the product anyway, is thereby counted at what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.response_classes import FITS, Offered, ResponseClasses, fitted_chance


@dataclass(frozen=True)
class DayArms:
    """N users' arms of one day, float64[N, a] each, without "nothing". An arm that may not be sent is NaN in `discount_cents`."""

    offered: Offered
    discount_cents: np.ndarray
    margin_cents: np.ndarray
    """Price less cost of the product, undiscounted."""
    rest_cents: np.ndarray
    """Expected margin of what else is in a basket with the product then."""
    day_cents: np.ndarray
    """float64[N, 1]: expected margin of the day untouched."""
    contact_cents: float = 0.0

    def take(self, rows: np.ndarray | slice) -> DayArms:
        """The same of some users."""
        offered = Offered(*(getattr(self.offered, name)[rows] for name in ("p_buy", "p_come", "share", "fit")))
        discount, margin, rest = self.discount_cents[rows], self.margin_cents[rows], self.rest_cents[rows]
        return DayArms(offered, discount, margin, rest, self.day_cents[rows], self.contact_cents)


@dataclass(frozen=True)
class Worth:
    """Arms weighed, float64[N, a] each: expected value and cost in cents, chance of a redemption. -inf: may not be sent."""

    value_cents: np.ndarray
    cost_cents: np.ndarray
    p_bought: np.ndarray


def worth(arms: DayArms, classes: ResponseClasses, weight: np.ndarray, fit_weight: np.ndarray) -> Worth:
    """Weigh arms by each user's own weights of the classes, float64[N, C], and of the fits, float64[N, a, C, K]."""
    stay = np.exp(-classes.away)
    buys = (classes.chances(arms.offered) * fit_weight).sum(axis=-1)
    a, s = np.einsum("nac,nc->na", buys, weight * stay), (weight @ stay)[:, None]
    anyway = np.einsum("nac,nc->na", classes.untouched(arms.offered.p_buy), weight)
    return Worth(_value(arms, a, s, anyway), a * np.nan_to_num(arms.discount_cents), a)


def worth_in(arms: DayArms, classes: ResponseClasses, own: np.ndarray, fit_weight: np.ndarray) -> np.ndarray:
    """float64[N, a]: value in one world: users of classes `own`, int64[N], fits of weights float64[N, a, K]."""
    x = arms.offered.share**classes.steepness
    reach = classes.height[own, None] * x / (x + classes.midpoint[own, None] ** classes.steepness)
    bias, stay = np.exp(classes.bias)[own, None], np.exp(-classes.away)[own, None]
    b = fitted_chance(arms.offered)
    odds = b / (1 - b) * bias[..., None] * np.exp(reach[..., None] * FITS**classes.fit_power)
    buys = (odds / (1 + odds) * fit_weight).sum(axis=-1)
    foretold = arms.offered.p_buy
    return _value(arms, stay * buys, stay, foretold * bias / (1 - foretold + foretold * bias))


def _value(arms: DayArms, buys: np.ndarray, stays: np.ndarray, anyway: np.ndarray) -> np.ndarray:
    b = np.minimum(arms.offered.p_buy, 1 - 1e-5)
    hit = arms.margin_cents + arms.rest_cents
    other = np.maximum(arms.day_cents - b * hit, 0.0) / (1 - b)
    untouched = anyway * hit + (1 - anyway) * other
    value = buys * (hit - arms.discount_cents) + (stays - buys) * other - untouched - arms.contact_cents
    return np.where(np.isnan(value), -np.inf, value)
