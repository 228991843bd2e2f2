"""A campaign's money as a key may see it: to the cent for who runs it, in steps of ten discounts for who analyses it.

One redemption moves the exact sums by its discount, and whoever watches sees it: that is one person at a till. A step is ten of
the campaign's deepest discounts, so two sums that differ have ten redemptions or more between their steps. What was granted, kept
in reserve or allowed above is the operator's own word and stays whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offers.moments import MIN_PEOPLE
from serving.wire_offers import Budget

EXACT = 1
_OWN = ("granted_cents", "reserve_cents", "overspend_cents")
_MOVED = ("held_cents", "promised_cents", "spent_cents", "overspent_cents", "overpaid_cents")


def step_of(found: Mapping[str, Any], scope: str) -> int:
    """Cents of a step: EXACT for an administrator. found: `offers.status.campaign_status`."""
    return EXACT if scope == "admin" else max(MIN_PEOPLE * int(found["deepest_cents"]), EXACT)


def budget_in(found: Mapping[str, Any], step: int) -> Budget:
    """The money down to whole steps; the forecast is of what is told and not of what is hidden."""
    told = {name: int(found[name]) // step * step for name in _MOVED}
    forecast = told["spent_cents"] + told["held_cents"] + told["promised_cents"]
    return Budget(**{name: found[name] for name in _OWN}, **told, forecast_cents=forecast)
