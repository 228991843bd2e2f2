"""What can be wrong with a campaign's file by itself: each fault is (key, reason and remedy), in the order of the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from offers.campaign import Campaign
from offers.campaign_scope import hours_of
from offers.depth import LADDERS, points_cents
from offers.slots import DAY, minute_of

Fault = tuple[str, str]


def faults(campaign: Campaign, stem: str) -> Iterator[Fault]:
    """Every fault. `stem`: the file's name without `.toml`."""
    if campaign.id != stem:
        yield "id", f"{campaign.id!r} is not the file's name; write {stem!r} or rename the file"
    if campaign.starts is not None and campaign.ends is not None and campaign.ends < campaign.starts:
        yield "ends", f"{campaign.ends} is before starts, {campaign.starts}; mend one of them"
    yield from _depth(campaign)
    yield from _money(campaign)
    yield from _times(campaign)
    for room, chosen in (("products", campaign.products), ("stores", campaign.stores)):
        for name in ("include", "exclude"):
            yield from _named(f"{room}.{name}", getattr(chosen, name))
        both = set(chosen.include) & set(chosen.exclude)
        if both:
            yield f"{room}.exclude", f"{min(both)!r} is included too; remove it from one of them"


def not_finite(told: Any, key: str = "") -> Iterator[Fault]:
    """Every number that is infinite or none, in what a file says: they pass a limit that they aren't above."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield from not_finite(value, f"{key}.{name}" if key else name)
    elif isinstance(told, list):
        for place, value in enumerate(told):
            yield from not_finite(value, f"{key}[{place}]")
    elif isinstance(told, float) and not math.isfinite(told):
        yield key, f"{told} is no finite number; write one"


def _depth(campaign: Campaign) -> Iterator[Fault]:
    depth, kind = campaign.depth, campaign.kind
    for other, key in LADDERS.items():
        steps = depth.steps(other)
        if other != kind and steps:
            yield f"depth.{key}", f"kind {kind!r} reads depth.{LADDERS[kind]}; remove it, or write kind = {other!r}"
        if list(steps) != sorted(set(steps)):
            yield f"depth.{key}", "must rise from step to step; sort it and drop repeats"
    if not depth.steps(kind):
        yield "depth", f"kind {kind!r} needs depth.{LADDERS[kind]}; add it"
    if (kind == "points") != (depth.cents_per_point is not None):
        yield (
            "depth.cents_per_point",
            "kind 'points' needs what a point costs, and no other kind does; mend it or the kind",
        )


def _money(campaign: Campaign) -> Iterator[Fault]:
    budget, depth = campaign.budget, campaign.depth
    least = depth.ladder_cents[0] if campaign.kind == "money_off" and depth.ladder_cents else 1
    if campaign.kind == "points" and depth.ladder_points:
        least = points_cents(depth, depth.ladder_points[0])
    # Without money nothing is sent, and the plan says so.
    for key in ("granted_cents", "per_store_cents", "per_user_cents", "per_day_cents"):
        if 0 < (getattr(budget, key) or 0) < least:
            yield f"budget.{key}", f"doesn't pay one coupon of {least} cents; raise it or set 0"
    honours = budget.policy == "honour"
    if honours != (budget.overspend_cents > 0):
        told = (
            "say how far above the grant coupons already sent are paid" if honours else "only policy honour overspends"
        )
        yield "budget.overspend_cents", f"{told}; mend it or the policy"


def _times(campaign: Campaign) -> Iterator[Fault]:
    for place, daypart in enumerate(campaign.slot.dayparts):
        try:
            hours_of(daypart)
        except ValueError as error:
            yield f"slot.dayparts[{place}]", str(error)
    for key in ("at", "quiet_from", "quiet_until"):
        try:
            if minute_of(getattr(campaign.send, key)) == DAY:
                yield f"send.{key}", "write 00:00 for midnight"
        except ValueError as error:
            yield f"send.{key}", str(error)


def _named(key: str, names: tuple[str, ...]) -> Iterator[Fault]:
    for place, name in enumerate(names):
        if not name or names.index(name) < place:
            yield f"{key}[{place}]", f"{name!r} is {'named twice' if name else 'no name'}; remove it"
