"""What an offer is worth over its whole day: what it sells, what it gives away, what it replaces and whom it keeps away.

With A = P(bought | arm), S = P(stays | arm) (`models.response_classes`), b and v the chances to buy and to come untouched:

    value = A · (margin - discount + rest) + (S - A) / (1 - b) · (day - b · (margin + rest)) - day - contact

The first term is the visit that uses the coupon with the rest of its basket; the second a day that does not, worth what such a
day is worth untouched; `day` is what the day is worth when nothing is sent. A visit that the coupon only moved, or that would
have bought the product anyway, is thereby counted at what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.response_classes import Offered, ResponseClasses


@dataclass(frozen=True)
class DayArms:
    """N users' arms of one day, float64[N, a] each; "nothing" is not among them. An arm that may not be sent is NaN in `discount`."""

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
        columns = (self.discount_cents, self.margin_cents, self.rest_cents, self.day_cents)
        return DayArms(offered, *(column[rows] for column in columns), self.contact_cents)


@dataclass(frozen=True)
class Worth:
    """Arms weighed, float64[N, a] each: expected value and cost in cents, chance of a redemption. -inf: may not be sent."""

    value_cents: np.ndarray
    cost_cents: np.ndarray
    p_bought: np.ndarray
    best_by_class: np.ndarray
    """int64[N, C]: the best arm were the user of that class for sure, -1 for nothing."""


def worth(arms: DayArms, classes: ResponseClasses, weight: np.ndarray) -> Worth:
    """Weigh arms by each user's own class weights, float64[N, C]."""
    q, stay = classes.chances(arms.offered)
    buys, stays = q * stay, np.broadcast_to(stay, q.shape)
    by_class = _value(arms, buys, stays)
    a, s = np.einsum("nac,nc->na", buys, weight), np.einsum("nac,nc->na", stays, weight)
    value = _value(arms, a[..., None], s[..., None])[..., 0]
    best = by_class.argmax(axis=1)
    gain = np.take_along_axis(by_class, best[:, None, :], axis=1)[:, 0, :]
    return Worth(value, a * np.nan_to_num(arms.discount_cents), a, np.where(gain > 0, best, -1))


def _value(arms: DayArms, buys: np.ndarray, stays: np.ndarray) -> np.ndarray:
    b = np.minimum(arms.offered.p_buy, 1 - 1e-5)
    hit = arms.margin_cents + arms.rest_cents
    other = np.maximum(arms.day_cents - b * hit, 0.0) / (1 - b)
    paid = hit - arms.discount_cents
    value = buys * paid[..., None] + (stays - buys) * other[..., None] - (arms.day_cents + arms.contact_cents)[..., None]
    return np.where(np.isnan(value), -np.inf, value)
