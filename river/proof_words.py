"""The lift report in plain words: what a person reads on the screen, and on the page."""

from __future__ import annotations

from offers import lift
from offers.cannibalised import Cannibalised
from offers.lift import Lift
from offers.lift_report import LiftReport
from offers.moments import MIN_PEOPLE
from offers.power import Showable

_VERDICTS = {
    "gain": "It earns more than it costs: zero lies below the interval that holds at every look.",
    "loss": "It loses: zero lies above the interval that holds at every look.",
    "unclear": "It can't be told from doing nothing yet: zero lies within the interval that holds at every look.",
}


def sentences(report: LiftReport) -> list[str]:
    """One sentence or two a line; cents are a person's margin after discounts."""
    whole = report.everyone
    if report.started_at is None:
        return [
            f"Campaign {report.campaign_id}: {lift.REASONS[str(whole.reason)]}.",
            _showable(report.showable, report),
            *_held(report),
        ]
    told = [
        f"Campaign {report.campaign_id}, from {report.started_at:%Y-%m-%d %H:%M} to {report.through:%Y-%m-%d %H:%M} UTC: "
        f"{_count(whole.n_treated)} people in it, {_count(whole.n_holdout)} held out.",
        *_lift(whole),
    ]
    if report.planned.state == "concluded":
        told.append(f"Among those an offer was meant for: {_interval(report.planned)}.")
    told += [*_redeemed(report), _showable(report.showable, report)]
    if report.n_erased != 0:
        told.append(
            f"{_count(report.n_erased).capitalize()} decisions are of people who asked to be forgotten, and count for nothing."
        )
    if report.counts_hidden:
        told.append(f"No count below {MIN_PEOPLE} is told: somebody could be found in it.")
    told.append("Counts are told in full tens, figures in three digits.")
    return [*told, *_held(report)]


def _held(report: LiftReport) -> list[str]:
    if not report.held_still:
        return []
    return [
        f"Told as on {report.made_at:%Y-%m-%d %H:%M} UTC: fewer than {MIN_PEOPLE} people of one of its groups changed since, and "
        "one of them could be found in the difference."
    ]


def _count(n: int | None) -> str:
    return f"fewer than {MIN_PEOPLE}" if n is None else f"{n:,}"


def _lift(found: Lift) -> list[str]:
    if found.state != "concluded":
        return [f"No lift can be concluded: {lift.REASONS[str(found.reason)]}."]
    line = f"Lift {_interval(found)}."
    if found.relative is not None:
        ends = f"{found.relative_low:+.1%} to {found.relative_high:+.1%}"
        line += f" That is {found.relative:+.1%} ({ends}) of what the held-out bring."
    if found.always_low is None:
        return [line]
    ends = f"{found.always_low:+,.1f} to {found.always_high:+,.1f}"
    return [line, f"Looked at daily, believe this one: {ends} cents. {_VERDICTS[found.verdict]}"]


def _interval(found: Lift) -> str:
    return f"{found.lift:+,.1f} cents a person (95% interval {found.low:+,.1f} to {found.high:+,.1f})"


def _redeemed(report: LiftReport) -> list[str]:
    told = []
    found: Cannibalised = report.cannibalised
    if found.n_redeemed != 0:
        given = "" if report.discounts_cents is None else f", about {report.discounts_cents:,} cents of discount given"
        told.append(f"{_count(found.n_redeemed).capitalize()} coupons redeemed{given}.")
    if report.return_on_spend is not None:
        told[-1] += f" Each cent of discount came with {report.return_on_spend:.2f} cents of margin; 1 breaks even."
    if found.own and found.bought_anyway:
        share, low, high = found.bought_anyway
        told.append(
            f"Of redeemed coupons {share:.0%} ({low:.0%} to {high:.0%}) sit on what is bought anyway; "
            f"each brings {found.own[0]:+.2f} units of the campaign's products."
        )
    if found.other:
        ends = f"{found.other[1]:+.2f} to {found.other[2]:+.2f}"
        told.append(f"Of other products each redeemed coupon brings {found.other[0]:+.2f} units ({ends}).")
    if report.n_unreported != 0:
        told.append(
            f"{_count(report.n_unreported).capitalize()} redemptions came without a purchase under the person's name and "
            "count as a discount only: let tills report purchases with the order_id they redeem."
        )
    return told


def _showable(found: Showable | None, report: LiftReport) -> str:
    if found is None:
        return f"Too few people would be held out to show any effect: {lift.REASONS['too_few_people']}."
    share = "" if found.of_mean is None else f" ({found.of_mean:.1%} of what they bring)"
    return (
        f"In {report.days_before} days about {found.n_treated + found.n_holdout:,} people, {found.n_holdout:,} of them held out, "
        f"can show an effect of {found.effect_cents:,.1f} cents a person{share} or more, {found.power:.0%} of the time."
    )
