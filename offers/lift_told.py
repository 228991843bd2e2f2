"""A lift report as it is told: people in tens, figures in three digits, and nothing of fewer than ten.

Counts go down to the last full ten, cents, units, shares and intervals to three significant digits. Where `everyone` and
`planned` differ by one to nine people on a side, their difference would speak of those alone, so `planned` is left out. That the
same report does not move by one person from look to look is another module's matter (`offers.lift_looks`).
"""

from __future__ import annotations

from dataclasses import fields, replace
from math import floor, log10
from typing import Any, TypeVar

from offers.cannibalised import Cannibalised
from offers.lift import Lift
from offers.lift_report import TOO_FEW, LiftReport
from offers.moments import MIN_PEOPLE, of_enough
from offers.power import Showable

_Number = TypeVar("_Number", int, float)
_Figures = TypeVar("_Figures", Lift, Showable, Cannibalised)
DIGITS = 3
"""Significant digits of every figure made of people's money."""


def told(report: LiftReport, n_redeemers: int) -> LiftReport:
    """What may be told of it. `n_redeemers`: the people who redeemed. Telling what was told already changes nothing."""
    whole, planned = report.everyone, report.planned
    n_people = (whole.n_treated or 0) + (whole.n_holdout or 0)
    if _close(whole.n_treated, planned.n_treated) or _close(whole.n_holdout, planned.n_holdout):
        planned = Lift("cannot_conclude", None, None, "too_close")
    few = 0 < n_redeemers < MIN_PEOPLE
    found = replace(
        report,
        everyone=_lift(whole),
        planned=_lift(planned),
        cannibalised=Cannibalised(None, reason="too_few_redemptions")
        if few
        else _cannibalised(report.cannibalised, n_people),
        discounts_cents=None if few or report.discounts_cents is None else significant(report.discounts_cents),
        n_unreported=in_tens(report.n_unreported, n_people),
        n_erased=in_tens(report.n_erased, MIN_PEOPLE),
        return_on_spend=None if few else _figure(report.return_on_spend),
        showable=_showable(report.showable),
    )
    return replace(found, counts_hidden=TOO_FEW) if _hides(found) else found


def in_tens(n: int | None, n_people: int | None = None) -> int | None:
    """A count of people, or of what `n_people` did, down to the last full ten; None of fewer than ten. 0 is nobody."""
    enough = None if n is None else of_enough(n, n if n_people is None else n_people)
    return None if enough is None else enough - enough % MIN_PEOPLE


def significant(value: _Number) -> _Number:
    """The value to three significant digits; its sign stays."""
    if not value:
        return value
    return type(value)(round(value, DIGITS - 1 - floor(log10(abs(value)))))


def _close(n: int | None, of_them: int | None) -> bool:
    """Whether the rest is somebody, and too few to be told of."""
    return n is not None and of_them is not None and 0 < n - of_them < MIN_PEOPLE


def _lift(found: Lift) -> Lift:
    return replace(_figures(found), n_treated=in_tens(found.n_treated), n_holdout=in_tens(found.n_holdout))


def _showable(found: Showable | None) -> Showable | None:
    if found is None:
        return None
    tens = {name: getattr(found, name) // MIN_PEOPLE * MIN_PEOPLE for name in ("n_treated", "n_holdout")}
    return replace(_figures(found), **tens)


def _cannibalised(found: Cannibalised, n_people: int) -> Cannibalised:
    return replace(_figures(found), n_redeemed=in_tens(found.n_redeemed, n_people))


def _figures(found: _Figures) -> _Figures:
    """Every float of it, alone or in a tuple, in three digits; the rest as it is."""
    changed: dict[str, Any] = {}
    for field in fields(found):
        value = getattr(found, field.name)
        if isinstance(value, float):
            changed[field.name] = significant(value)
        elif isinstance(value, tuple):
            changed[field.name] = tuple(significant(each) for each in value)
    return replace(found, **changed)


def _figure(value: float | None) -> float | None:
    return None if value is None else significant(value)


def _hides(report: LiftReport) -> bool:
    counts = [getattr(each, name) for each in (report.everyone, report.planned) for name in ("n_treated", "n_holdout")]
    return None in (
        *counts,
        report.cannibalised.n_redeemed,
        report.n_unreported,
        report.n_erased,
        report.discounts_cents,
    )
