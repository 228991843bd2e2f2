"""What a sample can show: the smallest effect that a campaign of this size would find, told before it starts.

The difference is found at level `alpha` (two-sided) with chance `power` when it is at least (z_{1−α/2} + z_power) standard errors
(Cohen 1988, chapter 2). The spread is that of the same people's margin over as many days before, less what CUPED removes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from offers.moments import Moments
from offers.quantiles import normal_quantile

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


def effect_at(error: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest effect that `error` lets be seen."""
    return (normal_quantile(1.0 - alpha / 2.0) + normal_quantile(power)) * error


def smallest_effect(before: Moments, holdout_share: float) -> Showable | None:
    """From the people's margin in the days before (y) and in as many days before those (x); None when too few would be held
    out to tell of them, or nobody would."""
    n_treated, n_holdout = groups(before.n, holdout_share)
    if min(n_treated, n_holdout) < 10:
        return None
    yy, xy, xx = (float(before.sums[place]) for place in ((2, 0), (1, 1), (0, 2)))
    r_squared = min(xy**2 / (yy * xx), 1.0) if yy > 0 and xx > 0 else 0.0
    error = expected_error(sqrt(yy / (before.n - 1)), n_treated, n_holdout, r_squared)
    effect = effect_at(error)
    of_mean = effect / before.mean_y if before.mean_y > 0 else None
    return Showable(n_treated, n_holdout, effect, error, of_mean, r_squared)
