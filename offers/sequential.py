"""A boundary that holds at every look: a campaign is watched daily, and an interval made for one look misses far too often then.

The difference of a whole campaign's sums is a process that grows with its own variance v, in the limit Gaussian. For a Brownian
motion the normal mixture boundary √((v + r)·log((v + r)/(r·α²))) is crossed at any time with chance α at most (Robbins 1970;
Howard, Ramdas, McAuliffe & Sekhon 2021, eq. 3.7; asymptotic for means: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024).

The same people are counted every day, so the sums are no Brownian motion: who bought much goes on buying much. Where today's
sum varies with tomorrow's at least as much as with itself, cov(S_s, S_t) ≥ var(S_s) for s < t, Slepian's inequality (1962) says
that each side is crossed no more often than by a Brownian motion of the same variances. That is the assumption; a product
that is stocked up on and then not bought could break it, and `bench/offers_lift.py` counts the misses.
"""

from __future__ import annotations

from math import log, sqrt

from offers.contrast import Contrast
from offers.quantiles import normal_chance, t_quantile

ALPHA = 0.05
BEST_AT = 8.0
"""v / r where the boundary is tightest, near enough: a little over 3 standard errors instead of 1.96."""


def tuning(expected_error_cents: float, n_expected: int) -> float:
    """r, in squared cents: fixed before the campaign from the standard error expected of its end (`offers.power`) and the
    people in it. A wrong guess costs width, never validity: a variance tenfold
    above it .2 standard errors, tenfold below .8. Raises ValueError unless above zero."""
    v = (expected_error_cents * n_expected) ** 2
    if not v > 0:
        raise ValueError("the error expected of a campaign's end is above zero")
    return v / BEST_AT


def standard_errors(v: float, r: float, alpha: float = ALPHA) -> float:
    """How many standard errors the boundary lies from the estimate at variance v > 0, r > 0."""
    return sqrt((1.0 + r / v) * log((v + r) / (r * alpha**2)))


def always_critical(found: Contrast, r: float, alpha: float = ALPHA) -> float:
    """The critical value for `offers.contrast.interval` at this look; Student's for few people. The error must be above zero."""
    v = (found.error * (found.n_treated + found.n_holdout)) ** 2
    return t_quantile(normal_chance(standard_errors(v, r, alpha)), found.df)
