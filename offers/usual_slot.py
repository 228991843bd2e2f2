"""The windows at a user's likeliest hours of a date, and how likely they come on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from models.ranker import Ranker
from offers.audience import Person
from offers.campaign import Campaign
from offers.campaign_scope import hours_allowed
from offers.expected import Expectation
from offers.slots import Store, open_hours, send_moment, window
from offers.value import day_chance, visit_rate


@dataclass(frozen=True)
class Slot:
    """A window with the moment to announce it; `share` is its part of the day's visits."""

    hour: int
    valid_from: datetime
    valid_until: datetime
    send_at: datetime
    share: float


def usual_slots(
    person: Person,
    ranker: Ranker,
    store: Store,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    expected: Expectation | None = None,
) -> list[Slot] | str:
    """Up to `plan.n_slots` windows that don't overlap, likeliest first; or the reason why there is none.

    Each begins at the likeliest hour left that is open and that the campaign allows.

    Hours are those expected, and without an expectation the user's counted orders, shrunk to the store's. Ties: the earlier.
    """
    is_open = np.asarray(open_hours(store, for_date), dtype=bool)
    left = is_open & hours_allowed(campaign.slot.dayparts)
    if expected is None:
        density = ranker.slot_density(person.rhythm, store.store_id, for_date.weekday(), is_open)
    else:
        density = expected.density
    found: list[Slot] = []
    reasons: list[str] = []
    hours = campaign.slot.hours
    while left.any() and len(found) + len(reasons) < campaign.plan.n_slots:
        hour = int(np.argmax(np.where(left, density, -1.0)))
        left[max(0, hour - hours + 1) : hour + hours] = False
        slot = _slot(store, campaign, for_date, now, hour, density)
        if isinstance(slot, str):
            reasons.append(slot)
        else:
            found.append(slot)
    return found or [*reasons, "store_closed"][0]


def _slot(
    store: Store, campaign: Campaign, for_date: date, now: datetime, hour: int, density: np.ndarray
) -> Slot | str:
    bounds = window(store, for_date, hour * 60, campaign.slot.hours * 60)
    if bounds is None:
        return "store_closed"
    send = campaign.send
    at = send_moment(store.zone, bounds[0], now, send.days_before, send.minute, send.quiet)
    if at is None:
        return "slot_passed"
    hours = -((bounds[0] - bounds[1]) // timedelta(hours=1))
    return Slot(hour, *bounds, at, float(density[hour : hour + hours].sum()))


def come_chance(
    person: Person,
    ranker: Ranker,
    store: Store,
    campaign: Campaign,
    for_date: date,
    expected: Expectation | None = None,
) -> float:
    """The chance of a visit on the date: as expected, or by the user's counted rate; times a slot's share, of one in the slot."""
    if expected is not None:
        return expected.chance
    prior = campaign.prior
    rate = visit_rate(person.history, person.as_of.timestamp(), prior.visit_visits, prior.visit_days)
    return day_chance(rate, person.rhythm, ranker.rhythm(store.store_id), for_date.weekday())
