"""When a campaign stops by itself. Pure: what is known of its lift and its money in, the reason or None out."""

from __future__ import annotations

from offers.campaign import Stop


def stop_reason(stop: Stop, lift_high: float | None, margin_cents: float | None, spent_cents: int) -> str | None:
    """Why the campaign is to stop, None while it may go on. What isn't known yet (None) stops nothing.

    `lift_high`: the upper end of the lift's interval; `margin_cents`: incremental margin so far, before what was spent.
    """
    if stop.lift_upper_below_zero and lift_high is not None and lift_high < 0:
        return f"stop.lift_upper_below_zero: the lift's interval ends at {lift_high:g}"
    least = stop.min_return_on_spend
    if least is not None and margin_cents is not None and spent_cents > 0 and margin_cents / spent_cents < least:
        return f"stop.min_return_on_spend: {margin_cents / spent_cents:.2f} for a cent spent, {least:g} asked for"
    return None
