"""Every arm of a weekday for every member: open hours of the home store × likeliest products × depths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.cafe.beliefs import Beliefs
from bench.cafe.books import Shop
from bench.cafe.draw import Bools, Floats, Ints
from models.response_classes import Offered
from offers.campaign import Campaign
from offers.value import floor_cents
from offers.worth import DayArms

MOST_PRODUCTS = 4
"""Of an hour: further ones hardly ever win, and cost time."""


@dataclass(frozen=True)
class Told:
    """What the arms of `DayArms` are, int64[n, a] each: product, part of the day, start hour, end hour."""

    product: Ints
    part: Ints
    start: Ints
    end: Ints


def day_arms(
    beliefs: Beliefs, shop: Shop, campaign: Campaign, part_of_hour: Ints, is_open: Bools, weekday: int
) -> tuple[DayArms, Told]:
    """The arms and what they are; an arm below the margin floor or outside opening hours may not be sent."""
    ladder, home = np.array(campaign.depth.ladder_cents), beliefs.home
    slots = np.flatnonzero(is_open.any(axis=0))
    part, members = part_of_hour[slots], np.arange(len(home))[:, None, None]
    floor = floor_cents(shop.cost, campaign.depth.min_margin_share)
    allowed = shop.sold[home] & (shop.price[home] - ladder[0] >= floor)
    likely = np.argsort(-np.where(allowed[:, None], beliefs.fit, -1.0), axis=-1, kind="stable")
    product = likely[:, part, : min(campaign.plan.n_products, MOST_PRODUCTS)]
    shape = (*product.shape, len(ladder))

    def flat(values: Any) -> np.ndarray:
        return np.broadcast_to(values, shape).reshape(len(home), -1)

    price = shop.price[home][members, product].astype(np.float64)[..., None]
    ok = is_open[home][:, slots, None, None] & (price - ladder >= floor[product][..., None])
    inside = _inside(beliefs, is_open, part_of_hour, slots, product, weekday, campaign.slot.hours)
    come = beliefs.p_come[:, weekday]
    cell = (members, part[None, :, None], product)
    offered = Offered(
        p_buy=flat((inside * (come * beliefs.at_home)[:, None, None])[..., None]),
        p_come=flat(come[:, None, None, None]),
        share=flat(np.minimum(ladder / price, 1.0)),
        fit=flat(beliefs.fit[cell][..., None]),
    )
    by_part = (beliefs.density[:, weekday] * beliefs.visit_cents[:, part_of_hour]).sum(axis=1)
    arms = DayArms(
        offered=offered,
        discount_cents=flat(np.where(ok, ladder.astype(np.float64), np.nan)),
        margin_cents=flat(price - shop.cost[product][..., None]),
        rest_cents=flat(beliefs.rest_cents[cell][..., None]),
        day_cents=(come * by_part)[:, None],
        contact_cents=campaign.prior.contact_cents,
    )
    start, closes = flat(slots[None, :, None, None]), (24 - is_open[:, ::-1].argmax(axis=1))[home]
    end = np.minimum(start + campaign.slot.hours, closes[:, None])
    return arms, Told(flat(product[..., None]), flat(part[None, :, None, None]), start, end)


def _inside(
    beliefs: Beliefs, is_open: Bools, part_of_hour: Ints, slots: Ints, product: Ints, weekday: int, hours: int
) -> Floats:
    """float64[n, slots, k]: chance that a visit at home is in the window and holds the product."""
    chance = np.zeros(product.shape)
    members = np.arange(len(product))[:, None, None]
    for ahead in range(hours):
        hour = np.minimum(slots + ahead, 23)
        here = beliefs.density[:, weekday, hour] * is_open[beliefs.home][:, hour] * (slots + ahead < 24)
        chance += here[:, :, None] * beliefs.fit[members, part_of_hour[hour][None, :, None], product]
    return chance
