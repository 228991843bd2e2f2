"""When a campaign stops by itself: it loses money, or earns too little for what it gives away. Pure rules over a lift."""

from __future__ import annotations

from typing import Protocol

from offers.lift import Lift

REASONS = {
    "losing": "the lift's interval that holds at every look lies below zero",
    "low_return": "the margin earned for each cent of discount is under the threshold, and the sample is large enough to tell",
}


class StopRules(Protocol):
    """What a campaign file's `[stop]` says. False and None turn a rule off."""

    @property
    def lift_upper_below_zero(self) -> bool:
        """Stop once the lift's interval lies below zero."""

    @property
    def min_return_on_spend(self) -> float | None:
        """Incremental margin, before the discounts, for each cent of discount given; 1 gives just as much as it takes."""


def return_on_spend(lift: Lift, spent_cents: float | None) -> float | None:
    """Incremental margin before discounts / discounts given: 1 breaks even. None without a lift or known discounts.

    The lift is of margin after discounts, so what was given is added back to it.
    """
    if lift.lift is None or lift.n_treated is None or spent_cents is None or not spent_cents > 0:
        return None
    return 1.0 + lift.lift * lift.n_treated / spent_cents


def stop_reason(lift: Lift, spent_cents: float | None, rules: StopRules) -> str | None:
    """A key of REASONS, or None to go on. lift: margin after discounts, cents a person; `spent_cents`: what redeemed coupons
    took off, of the people of the lift. Plans ask daily, so the first rule reads the interval that holds at every look; the
    second waits until the sample could show an effect as large as what was given away."""
    if rules.lift_upper_below_zero and lift.always_high is not None and lift.always_high < 0:
        return "losing"
    earned = return_on_spend(lift, spent_cents)
    if rules.min_return_on_spend is None or earned is None or lift.smallest_effect is None:
        return None
    assert lift.n_treated is not None
    assert spent_cents is not None
    told_apart = lift.smallest_effect * lift.n_treated <= spent_cents
    return "low_return" if told_apart and earned < rules.min_return_on_spend else None
