"""The window at a user's likeliest hour of a date, and how likely they come in it."""

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


def usual_slot(
    person: Person,
    ranker: Ranker,
    store: Store,
    campaign: Campaign,
    for_date: date,
    now: datetime,
    expected: Expectation | None = None,
) -> Slot | str:
    """The window at the user's likeliest open hour of the date that the campaign allows, or the reason why there is none.

    Hours are those expected, and without an expectation the user's counted orders, shrunk to the store's. Ties: the earlier.
    """
    is_open = np.asarray(open_hours(store, for_date), dtype=bool)
    allowed = is_open & hours_allowed(campaign.slot.dayparts)
    if not allowed.any():
        return "store_closed"
    if expected is None:
        density = ranker.slot_density(person.rhythm, store.store_id, for_date.weekday(), is_open)
    else:
        density = expected.density
    hour = int(np.argmax(np.where(allowed, density, -1.0)))
    bounds = window(store, for_date, hour * 60, campaign.slot.hours * 60)
    if bounds is None:
        return "store_closed"
    send = campaign.send
    at = send_moment(store.zone, bounds[0], now, send.days_before, send.minute, send.quiet)
    if at is None:
        return "slot_passed"
    hours = -((bounds[0] - bounds[1]) // timedelta(hours=1))
    return Slot(hour, *bounds, at, float(density[hour : hour + hours].sum()))


def slot_chance(
    person: Person,
    ranker: Ranker,
    store: Store,
    campaign: Campaign,
    for_date: date,
    slot: Slot,
    expected: Expectation | None = None,
) -> float:
    """The chance of a visit in the window: of one on the date, as expected or by the user's counted rate, times its share."""
    if expected is not None:
        return expected.chance * slot.share
    prior = campaign.prior
    rate = visit_rate(person.history, person.as_of.timestamp(), prior.visit_visits, prior.visit_days)
    return day_chance(rate, person.rhythm, ranker.rhythm(store.store_id), for_date.weekday()) * slot.share
