"""What a sample can show: the smallest effect that a campaign of this size would find, told before it starts.

A gain is found at level `alpha` (two-sided) with chance `power` when it is at least (critical value + z_power) standard errors
(Cohen 1988, chapter 2); the critical value is the interval's own, Student's and turned by the skew (`offers.contrast`).
Spread and skew are those of the same people's margin over as many days before, less what CUPED removes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from offers.contrast import turned
from offers.moments import MIN_PEOPLE, Moments
from offers.quantiles import normal_quantile, t_quantile

ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True)
class Showable:
    """The smallest effect in cents a person, and as a share of their mean (None where that is not above zero)."""

    n_treated: int
    n_holdout: int
    effect_cents: float
    error_cents: float
    """Standard error expected of the difference."""
    of_mean: float | None
    variance_removed: float
    power: float = POWER


def groups(n: int, holdout_share: float) -> tuple[int, int]:
    """(treated, holdout) people of n, as the hash is expected to split them."""
    held = round(n * holdout_share)
    return n - held, held


def expected_error(deviation: float, n_treated: int, n_holdout: int, r_squared: float = 0.0) -> float:
    """Standard error of the difference: deviation of one person, what CUPED removes of its square; 1 or more in each group."""
    return deviation * sqrt((1.0 - r_squared) * (1.0 / n_treated + 1.0 / n_holdout))


def effect_at(error: float, df: float, skew: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest gain that is seen at this standard error, with the degrees of freedom and the skew of the difference."""
    return (turned(t_quantile(1.0 - alpha / 2.0, df), skew) + normal_quantile(power)) * error


def smallest_effect(before: Moments, holdout_share: float) -> Showable | None:
    """From the people's margin in the days before (y) and in as many days before those (x); None when too few would be held
    out to tell of them, or nobody would."""
    n_treated, n_holdout = groups(before.n, holdout_share)
    if min(n_treated, n_holdout) < MIN_PEOPLE:
        return None
    yy, xy, xx = (float(before.sums[place]) for place in ((2, 0), (1, 1), (0, 2)))
    theta, r_squared = (xy / xx, min(xy**2 / (yy * xx), 1.0)) if yy > 0 and xx > 0 else (0.0, 0.0)
    error = expected_error(sqrt(yy / (before.n - 1)), n_treated, n_holdout, r_squared)
    _, variance, third = before.adjusted(theta, 0.0)
    skew = third / variance**1.5 if variance > 0 else 0.0
    skew *= (1.0 / n_treated**2 - 1.0 / n_holdout**2) / (1.0 / n_treated + 1.0 / n_holdout) ** 1.5
    effect = effect_at(error, n_holdout - 1, skew)
    of_mean = effect / before.mean_y if before.mean_y > 0 else None
    return Showable(n_treated, n_holdout, effect, error, of_mean, r_squared)
