"""Two groups beside each other: the difference of their means, how sure it is, and how skewed the doubt is.

The holdout is a twentieth of the people and money spent is skewed, so the plain t interval misses too often, and nearly always
on the same side. The interval here turns the t statistic by Hall's monotone cubic (1992), in the two-sample form of Zhou & Dinh
(2005, Biostatistics 6). Nothing is resampled; each group has its own mean and spread, both are taken to be skewed alike.

The covariate is what each person did before (CUPED; Deng, Xu, Kohavi & Walker 2013), its slope pooled within the groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cbrt, sqrt

from offers.moments import Moments

_FLAT = 1e-8


@dataclass(frozen=True)
class Contrast:
    """Treated less holdout, in the unit of the outcome. `df`: Welch's degrees of freedom; `skew`: of the difference's doubt;
    `people_skew`: of one person's outcome, both groups together; `theta`: the covariate's slope, 0 when it is not used."""

    n_treated: int
    n_holdout: int
    mean_treated: float
    mean_holdout: float
    var_treated: float
    """Of the mean, like the next."""
    var_holdout: float
    df: float
    skew: float
    people_skew: float
    theta: float = 0.0

    @property
    def difference(self) -> float:
        """Treated less holdout."""
        return self.mean_treated - self.mean_holdout

    @property
    def error(self) -> float:
        """Standard error of the difference."""
        return sqrt(self.var_treated + self.var_holdout)


def contrast(treated: Moments, holdout: Moments, theta: float = 0.0) -> Contrast:
    """The two groups' means after taking theta · (x − its joint mean) away; 3 people or more in each."""
    both = treated + holdout
    mean_t, var_t, third_t = treated.adjusted(theta, both.mean_x)
    mean_h, var_h, third_h = holdout.adjusted(theta, both.mean_x)
    n_t, n_h = treated.n, holdout.n
    of_t, of_h = var_t / n_t, var_h / n_h
    error = sqrt(of_t + of_h)
    spread = of_t**2 / (n_t - 1) + of_h**2 / (n_h - 1)
    pooled_var = ((n_t - 1) * var_t + (n_h - 1) * var_h) / (both.n - 2)
    people_skew = (n_t * third_t + n_h * third_h) / both.n / pooled_var**1.5 if pooled_var else 0.0
    return Contrast(
        n_t,
        n_h,
        mean_t,
        mean_h,
        of_t,
        of_h,
        df=error**4 / spread if spread else float(both.n - 2),
        # The third moment of a hundred people is mostly noise, and an interval turned by noise misses: both groups tell it.
        skew=people_skew * (var_t**1.5 / n_t**2 - var_h**1.5 / n_h**2) / error**3 if error else 0.0,
        people_skew=people_skew,
        theta=theta,
    )


def slope(treated: Moments, holdout: Moments) -> float:
    """The covariate's slope within the groups, pooled; 0 where the covariate does not vary."""
    spread = treated.sums[0, 2] + holdout.sums[0, 2]
    return float((treated.sums[1, 1] + holdout.sums[1, 1]) / spread) if spread > 0 else 0.0


def interval(found: Contrast, critical: float) -> tuple[float, float]:
    """Low and high end at a critical value (a t quantile, or a boundary that holds at all times), turned by the skew."""
    ends = (found.difference - turned(side, found.skew) * found.error for side in (critical, -critical))
    low, high = ends
    return low, high


def relative(found: Contrast, critical: float) -> tuple[float, float] | None:
    """Ends of treated / holdout − 1 (Fieller 1954); None where the holdout's mean is not surely above zero."""
    over, under = found.mean_treated, found.mean_holdout
    square = critical**2
    lead = under**2 - square * found.var_holdout
    if under <= 0 or lead <= 0:
        return None
    middle = over * under
    root = middle**2 - lead * (over**2 - square * found.var_treated)
    # Never negative while `lead` is above zero, but for rounding.
    half = sqrt(max(root, 0.0))
    return (middle - half) / lead - 1.0, (middle + half) / lead - 1.0


def turned(t: float, skew: float) -> float:
    """How many standard errors to go for a critical value t: the inverse of Hall's cubic t + A t²/3 + A² t³/27 + A/6, A the skew
    of the statistic. Downwards for t above zero."""
    if abs(skew) < _FLAT:
        return t
    return 3.0 / skew * (cbrt(1.0 + skew * (t - skew / 6.0)) - 1.0)
