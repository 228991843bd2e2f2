"""How users answer an offer: latent classes, each a curve over the discount's share of the price; a user is a mixture of them.

A day with an offer holds one of three outcomes: the product is bought on it, the user comes without that, or does not come.
Of class c, with b the chance to buy untouched, v the chance to come untouched, x the discount's share and f the product's fit:

    stay = exp(-away_c)                        having been sent anything at all may keep a user away for the day
    q    = sigmoid(logit b + bias_c + height_c · f^fit_power · x^k / (x^k + midpoint_c^k))  (dose response, Hill 1910)
    P(bought) = stay · q,   P(came otherwise) = stay · (1 - q) · (v - b) / (1 - b),   P(absent) = the rest

A class with a bias buys more or less than was foretold whatever is offered: what it buys is no answer to a discount. The curves
are a fixed grid, so that only how common each is must be learned (the mixing distribution, Laird 1978). How well a
product fits a user is uncertain too: it lies on the grid FITS, by a beta prior round what the ranker and the books expect, and
what is answered teaches both at once. A user's own weights are Bayes' rule over their answered offers, the population's while
there are none. Nothing is kept per user.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

HEIGHTS = (2.0, 3.5, 5.0, 6.5, 8.0)
MIDPOINTS = (0.14, 0.21, 0.28, 0.36, 0.45, 0.58)
AWAYS = (0.0, 0.3, 0.8)
BIASES = (-0.8, 0.8, 1.6)
FITS = np.array((0.01, 0.05, 0.13, 0.25, 0.4, 0.58, 0.8))
"""float64[K]: fits a product may have."""
_EDGES = np.concatenate([[0.0], (FITS[1:] + FITS[:-1]) / 2, [1.0]])
_LEAST = 1e-5


@dataclass(frozen=True)
class Offered:
    """Offers to weigh or to learn from: arrays of one shape."""

    p_buy: np.ndarray
    """float64 in [0, 1]: chance of buying the product in the window untouched, were its fit `fit`."""
    p_come: np.ndarray
    """float64 in [0, 1]: chance of coming that day untouched, at least p_buy."""
    share: np.ndarray
    """float64 in [0, 1]: discount / price."""
    fit: np.ndarray
    """float64 in (0, 1): expected chance that a visit then holds the product."""


@dataclass(frozen=True)
class ResponseClasses:
    """C classes, row-aligned. `weight` is the population's, sums to 1."""

    height: np.ndarray
    """float64[C] >= 0: greatest shift of the log-odds."""
    midpoint: np.ndarray
    """float64[C] > 0: share at which half the shift is reached."""
    away: np.ndarray
    """float64[C] >= 0."""
    bias: np.ndarray
    """float64[C]: error of the log-odds foretold; not 0 only where height is 0."""
    weight: np.ndarray
    """float64[C]."""
    steepness: float
    fit_power: float

    @classmethod
    def grid(cls, steepness: float = 4.0, fit_power: float = 0.5) -> ResponseClasses:
        """Curves that answer share 0.4, those that keep away 0.1, those of a bias 0.15, no answer has 0.35: a belief."""
        flat = [(0.0, 0.5, away, 0.0) for away in AWAYS] + [(0.0, 0.5, 0.0, bias) for bias in BIASES]
        moved = [(height, midpoint, 0.0, 0.0) for height in HEIGHTS for midpoint in MIDPOINTS]
        height, midpoint, away, bias = np.array(flat + moved).T
        weight = np.where(height > 0, 0.4 / len(moved), np.where(away > 0, 0.05, np.where(bias != 0, 0.05, 0.35)))
        return cls(height, midpoint, away, bias, weight / weight.sum(), steepness, fit_power)

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.height)

    def weighed(self, weight: np.ndarray, least: float = 0.0) -> ResponseClasses:
        """The same classes, otherwise common; those below `least` are left out."""
        kept = weight >= least
        own = {name: getattr(self, name)[kept] for name in ("height", "midpoint", "away", "bias")}
        return replace(self, weight=weight[kept] / weight[kept].sum(), **own)

    def chances(self, offered: Offered) -> np.ndarray:
        """float64[..., C, K]: chance of buying of one who stays, by class and fit."""
        x = np.asarray(offered.share, dtype=np.float64)[..., None] ** self.steepness
        reach = self.height * x / (x + self.midpoint**self.steepness)
        odds = np.exp(reach[..., None] * FITS**self.fit_power + self.bias[:, None])
        b = fitted_chance(offered)[..., None, :]
        found: np.ndarray = b * odds / (1 - b + b * odds)
        return found

    def untouched(self, p_buy: np.ndarray) -> np.ndarray:
        """float64[..., C]: chance of buying when nothing is sent, foretold p_buy, by class."""
        b = np.clip(p_buy, _LEAST, 1 - _LEAST)[..., None]
        found: np.ndarray = b * np.exp(self.bias) / (1 - b + b * np.exp(self.bias))
        return found

    def log_likelihood(self, offered: Offered, bought: np.ndarray, came: np.ndarray) -> np.ndarray:
        """float64[k, C, K]: log chance of what was answered; bought, came: bool[k], row-aligned; bought implies came."""
        q, stay = self.chances(offered), np.exp(-self.away)[:, None]
        b = fitted_chance(offered)
        v = np.maximum(np.asarray(offered.p_come)[:, None], b)
        other = (1 - q) * ((v - b) / (1 - b))[:, None, :]
        outcome = np.where(bought, 0, np.where(came, 1, 2))[:, None, None]
        chance = np.where(outcome == 0, stay * q, np.where(outcome == 1, stay * other, 1 - stay * (q + other)))
        found: np.ndarray = np.log(np.maximum(chance, _LEAST))
        return found

    def posterior(self, log_likelihood: np.ndarray) -> np.ndarray:
        """float64[n, C], rows sum to 1: the users' own weights, from the sums of their log likelihood [n, C]."""
        with np.errstate(divide="ignore"):
            log = np.log(self.weight) + log_likelihood
        return normal(log)


def fitted_chance(offered: Offered) -> np.ndarray:
    """float64[..., K]: chance of buying untouched, for each fit: `p_buy` in proportion, never above `p_come`."""
    b = np.asarray(offered.p_buy)[..., None] * FITS / np.asarray(offered.fit)[..., None]
    found: np.ndarray = np.clip(np.minimum(b, 0.98 * np.asarray(offered.p_come)[..., None]), _LEAST, 1 - _LEAST)
    return found


def fit_prior(mean: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """float64[..., K], sums to 1: a beta prior of that mean in (0, 1) and strength > 0 (both of one shape), on the grid FITS."""
    a, b = (mean * strength)[..., None], ((1 - mean) * strength)[..., None]
    log = (a - 1) * np.log(FITS) + (b - 1) * np.log1p(-FITS) + np.log(np.diff(_EDGES))
    return normal(log)


def normal(log: np.ndarray) -> np.ndarray:
    """exp(log) scaled to sum to 1 over the last axis."""
    rise = np.exp(log - log.max(axis=-1, keepdims=True))
    found: np.ndarray = rise / rise.sum(axis=-1, keepdims=True)
    return found


def by_class(cells: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """float64[m, C]: log likelihood of m products' answers, float64[m, C, K], over their unknown fit, prior float64[m, K]."""
    top = cells.max(axis=-1, keepdims=True)
    found: np.ndarray = top[..., 0] + np.log((np.exp(cells - top) * prior[:, None, :]).sum(axis=-1))
    return found
