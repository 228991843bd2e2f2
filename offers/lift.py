"""The lift of a campaign: what people were worth more for being in it, by what the holdout did without.

By intention to treat: everybody decided while it ran counts where the hash put them, offered or not, from the moment of their
first decision on. The outcome is margin after discounts, in cents a person. "Cannot conclude" is a result, with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from offers.contrast import Contrast, contrast, interval, relative, slope
from offers.moments import MIN_PEOPLE, Moments
from offers.power import effect_at
from offers.quantiles import t_quantile
from offers.sequential import always_critical

LEVEL = 0.95
REASONS = {
    "not_started": "nobody was decided yet",
    "no_holdout": "nobody is held out, so nothing shows what happens without",
    "too_few_people": f"fewer than {MIN_PEOPLE} people on one side: nothing is told of groups that small",
    "too_close": f"fewer than {MIN_PEOPLE} people stand between these and all: the difference would tell of them",
    "no_spread": "everybody is worth the same so far",
    "too_skewed": "a few people's money outweighs the rest: the holdout needs twice the squared skewness in people",
}
# Where the smaller group has fewer, its sample seldom holds the people that the mean hangs on, and coverage sinks below 93%.
PEOPLE_PER_SQUARED_SKEW = 2.0


@dataclass(frozen=True)
class Lift:
    """`state`: concluded or cannot_conclude, then with a `reason` and no numbers. Cents are a person's; `low` and `high` hold
    once, at the look that was planned; `always_low` and `always_high` at every look. `relative`: to the holdout, None where
    its mean is not surely above zero. `smallest_effect`: the least effect this sample could show. Counts are None where a
    report hides them (`offers.lift_told`), which it does with none of a concluded lift."""

    state: str
    n_treated: int | None
    n_holdout: int | None
    reason: str | None = None
    lift: float | None = None
    low: float | None = None
    high: float | None = None
    always_low: float | None = None
    always_high: float | None = None
    relative: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    smallest_effect: float | None = None
    variance_removed: float = 0.0

    @property
    def verdict(self) -> str:
        """gain, loss or unclear, by the interval that holds at every look."""
        if self.always_low is None or self.always_high is None:
            return "unclear"
        return "gain" if self.always_low > 0 else "loss" if self.always_high < 0 else "unclear"


def lift_of(treated: Moments, holdout: Moments, tuned: float | None = None, use_before: bool = True) -> Lift:
    """The lift of outcome y, with x from before taken out of it if `use_before`. `tuned`: of `offers.sequential.tuning`; without
    it there is no interval for every look."""
    reason = _too_little(treated, holdout)
    if reason:
        return Lift("cannot_conclude", treated.n, holdout.n, reason)
    plain = contrast(treated, holdout)
    found = contrast(treated, holdout, slope(treated, holdout)) if use_before else plain
    reason = _too_odd(found)
    if reason:
        return Lift("cannot_conclude", treated.n, holdout.n, reason)
    critical = t_quantile((1.0 + LEVEL) / 2.0, found.df)
    low, high = interval(found, critical)
    always = None if tuned is None else interval(found, always_critical(found, tuned))
    share = relative(found, critical)
    return Lift(
        "concluded",
        treated.n,
        holdout.n,
        lift=found.difference,
        low=low,
        high=high,
        always_low=always[0] if always else None,
        always_high=always[1] if always else None,
        relative=found.mean_treated / found.mean_holdout - 1.0 if share else None,
        relative_low=share[0] if share else None,
        relative_high=share[1] if share else None,
        smallest_effect=effect_at(found.error, found.df, found.skew),
        variance_removed=1.0 - (found.error / plain.error) ** 2,
    )


def _too_little(treated: Moments, holdout: Moments) -> str | None:
    if not treated.n + holdout.n:
        return "not_started"
    if not holdout.n:
        return "no_holdout"
    return None if treated.k_anonymous and holdout.k_anonymous else "too_few_people"


def _too_odd(found: Contrast) -> str | None:
    if not found.var_treated or not found.var_holdout:
        return "no_spread"
    needed = PEOPLE_PER_SQUARED_SKEW * found.people_skew**2
    return "too_skewed" if min(found.n_treated, found.n_holdout) < needed else None
