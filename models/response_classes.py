"""How users answer an offer: latent classes, each a curve over the discount's share of the price; a user is a mixture of them.

A day with an offer holds one of three outcomes: the product is bought on it, the user comes without that, or does not come.
Of class c, with b the chance to buy untouched, v the chance to come untouched, x the discount's share and f the product's fit:

    stay = exp(-away_c)                        having been sent anything at all may keep a user away for the day
    q    = sigmoid(logit b + height_c · f^fit_power · x^k / (x^k + midpoint_c^k))          (dose response, Hill 1910)
    P(bought) = stay · q,   P(came otherwise) = stay · (1 - q) · (v - b) / (1 - b),   P(absent) = the rest

The curves are a fixed grid, so that only how common each is must be learned (the mixing distribution, Laird 1978); a user's
own weights are Bayes' rule over their answered offers, the population's while there are none. Nothing is kept per user.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

HEIGHTS = (0.0, 1.0, 2.0, 3.5, 5.0, 6.5, 8.0)
MIDPOINTS = (0.12, 0.2, 0.27, 0.34, 0.42, 0.5, 0.65)
AWAYS = (0.0, 0.25, 0.6, 1.2)
_LEAST = 1e-5


@dataclass(frozen=True)
class Offered:
    """Offers to weigh or to learn from, arrays that broadcast with each other: chances without it, depth, fit."""

    p_buy: np.ndarray
    """float64 in [0, 1]: chance of buying the product in the window untouched, b."""
    p_come: np.ndarray
    """float64 in [0, 1]: chance of coming that day untouched, v >= b."""
    share: np.ndarray
    """float64 in [0, 1]: discount / price."""
    fit: np.ndarray
    """float64 in [0, 1]: chance that a visit then holds the product."""


@dataclass(frozen=True)
class ResponseClasses:
    """C classes, row-aligned. `weight` is the population's, sums to 1."""

    height: np.ndarray
    """float64[C] >= 0: greatest shift of the log-odds."""
    midpoint: np.ndarray
    """float64[C] > 0: share at which half the shift is reached."""
    away: np.ndarray
    """float64[C] >= 0."""
    weight: np.ndarray
    """float64[C]."""
    steepness: float
    fit_power: float

    @classmethod
    def grid(cls, steepness: float, fit_power: float) -> ResponseClasses:
        """Every curve of the grid equally common, that of no answer as common as all that answer together."""
        flat = [(0.0, 0.5, away) for away in AWAYS]
        moved = [(height, midpoint, 0.0) for height in HEIGHTS if height > 0 for midpoint in MIDPOINTS]
        height, midpoint, away = np.array(flat + moved).T
        weight = np.where(height > 0, 0.4 / len(moved), np.where(away > 0, 0.1 / (len(flat) - 1), 0.5))
        return cls(height, midpoint, away, weight, steepness, fit_power)

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.height)

    def weighed(self, weight: np.ndarray) -> ResponseClasses:
        """The same classes, otherwise common."""
        return replace(self, weight=weight)

    def chances(self, offered: Offered) -> tuple[np.ndarray, np.ndarray]:
        """(q float64[..., C], stay float64[C]): chance of buying of one who stays, and of staying; the offers' shape and C."""
        share = np.asarray(offered.share, dtype=np.float64)[..., None]
        reach = share**self.steepness / (share**self.steepness + self.midpoint**self.steepness)
        fit = np.asarray(offered.fit, dtype=np.float64)[..., None] ** self.fit_power
        odds = np.exp(self.height * fit * reach)
        b = np.clip(np.asarray(offered.p_buy, dtype=np.float64), _LEAST, 1 - _LEAST)[..., None]
        return b * odds / (1 - b + b * odds), np.exp(-self.away)

    def log_likelihood(self, offered: Offered, bought: np.ndarray, came: np.ndarray) -> np.ndarray:
        """float64[k, C]: log chance of what was answered; bought, came: bool[k], row-aligned; bought implies came."""
        q, stay = self.chances(offered)
        b = np.clip(offered.p_buy, _LEAST, 1 - _LEAST)
        v = np.clip(offered.p_come, b + _LEAST / 2, 1.0)
        other = (1 - q) * ((v - b) / (1 - b))[:, None]
        absent = 1 - stay * (q + other)
        chance = np.where(bought[:, None], stay * q, np.where(came[:, None], stay * other, absent))
        found: np.ndarray = np.log(np.maximum(chance, _LEAST))
        return found

    def posterior(self, log_likelihood: np.ndarray) -> np.ndarray:
        """float64[n, C], rows sum to 1: the users' own weights, from the sums of their offers' log likelihood [n, C]."""
        with np.errstate(divide="ignore"):
            log = np.log(self.weight) + log_likelihood
        rise = np.exp(log - log.max(axis=1, keepdims=True))
        own: np.ndarray = rise / rise.sum(axis=1, keepdims=True)
        return own
