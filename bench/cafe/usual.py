"""Whether somebody has a usual product: a share of their visits goes to it, the others are drawn from their taste.

    P(product) = share · [product is the usual] + (1 - share) · taste(product),   taste ~ Dirichlet

Of each product as the usual, and each share on a grid (0: no usual), the likelihood of the counts is exact: the visits that
took the product are split in every way between habit and taste (Dirichlet-multinomial for the latter).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from bench.cafe.draw import Floats

SHARES = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9])
_LOG, _REST = np.log(np.maximum(SHARES, 1e-300)), np.log1p(-SHARES)


@dataclass(frozen=True)
class Usual:
    """What n members' counts tell."""

    habit: Floats
    """float64[n, P]: expected share of visits that go to the product by habit."""
    share: Floats
    """float64[n, SHARES], sums to 1: weights of the shares."""
    tasted: Floats
    """float64[n, P]: expected visits that took the product by taste."""
    log: Floats
    """float64[n]: log likelihood of the counts, up to what is the same for every taste."""


def usual(counts: Floats, taste: Floats, liked: Floats, common: Floats) -> Usual:
    """What counts, float64[n, P] visits by product, tell.

    taste: float64[n, P] > 0, the Dirichlet's parameters; liked: float64[n, P] > 0, sums to 1, chance of being the usual;
    common: float64[SHARES], how common each share is.
    """
    log, kept = _hypotheses(counts, taste)
    log += np.log(liked)[:, :, None] + np.log(common)
    total = logsumexp(log, axis=(1, 2))
    weight = np.exp(log - total[:, None, None])
    tasted = (weight * kept).sum(axis=2) + counts * (1 - weight.sum(axis=2))
    return Usual((weight * SHARES).sum(axis=2), weight.sum(axis=1), tasted, total)


def _hypotheses(counts: Floats, taste: Floats) -> tuple[Floats, Floats]:
    """(log likelihood, expected visits by taste to the usual), float64[n, P, SHARES] each: that product, that share."""
    n, total = counts.sum(axis=1), taste.sum(axis=1)
    start = gammaln(taste)
    rise = gammaln(taste + counts) - start
    every = rise.sum(axis=1)
    never = every - gammaln(total + n) + gammaln(total)
    log = np.repeat((never[:, None] + n[:, None] * _REST)[:, None, :], counts.shape[1], axis=1)
    kept = np.zeros(log.shape)
    i, p = np.nonzero(counts > 0)
    c, a, others = counts[i, p], taste[i, p], n[i] - counts[i, p]
    fixed = every[i] - rise[i, p] - start[i, p] + gammaln(total[i]) + gammaln(c + 1)
    found, mean = np.full((len(i), len(SHARES)), -np.inf), np.zeros((len(i), len(SHARES)))
    live, by_taste = np.arange(len(i)), 0.0
    while len(live):
        by_habit = c[live] - by_taste
        ways = fixed[live] - gammaln(by_taste + 1) - gammaln(by_habit + 1) + gammaln(a[live] + by_taste)
        ways -= gammaln(total[i[live]] + others[live] + by_taste)
        habit = np.where(by_habit[:, None] > 0, by_habit[:, None] * _LOG, 0.0)
        term = ways[:, None] + habit + (others[live] + by_taste)[:, None] * _REST
        both = np.logaddexp(found[live], term)
        part = np.exp(term - both)
        mean[live] = mean[live] * (1 - part) + by_taste * part
        found[live] = both
        by_taste += 1.0
        live = live[c[live] >= by_taste]
    log[i, p], kept[i, p] = found, mean
    return log, kept
