"""The loop's yardsticks, from the truth: the same coupon to everyone at the best depth, and the best arm for each member."""

from __future__ import annotations

import numpy as np

from bench.cafe.arms import Windows, weekday
from bench.cafe.draw import Floats, Ints
from bench.cafe.menu import PART_OF_HOUR
from bench.cafe.truth import CafeTruth
from offers.value import floor_cents


def likely_products(truth: CafeTruth, weekend: int, k: int) -> Ints:
    """int64[n, 24, k]: of the home store's products, those a visit at the hour most likely holds."""
    menu, people = truth.menu, truth.members
    by_part = people.pick * np.where(menu.is_food, people.attach[:, :, None], 1.0) * menu.sold[people.home][:, None, :]
    best: Ints = np.argsort(-by_part, axis=-1, kind="stable")[:, :, :k]
    return best[:, PART_OF_HOUR]


def usual_hour(truth: CafeTruth, weekend: int, hours: int) -> Ints:
    """int64[n]: start of the home store's open window of so many hours that holds most visits."""
    people, is_open = truth.members, truth.menu.open
    mass = np.cumsum(np.pad(people.hours[:, weekend], ((0, 0), (1, hours))), axis=1)
    inside = mass[:, hours : hours + 24] - mass[:, :24]
    return np.where(is_open[people.home], inside, -1.0).argmax(axis=1)


def uniform_values(truth: CafeTruth, who: Ints, day: np.datetime64, ladder: Ints, hours: int) -> Floats:
    """float64[depths, n]: each member's incremental margin, their likeliest product in their usual window at each depth."""
    weekend = int(weekday(np.array([day]))[0] >= 5)
    start = usual_hour(truth, weekend, hours)
    product = likely_products(truth, weekend, 1)[np.arange(len(start)), start, 0]
    arms = _arms(truth, who, product[who], day, start[who], hours)
    return np.stack([truth.incremental_margin_cents(arms, np.full(len(who), cut)) for cut in ladder])


def oracle_values(
    truth: CafeTruth, who: Ints, day: np.datetime64, ladder: Ints, hours: int, min_margin: float, n_products: int = 4
) -> tuple[Floats, Floats]:
    """(best of any open window, best in the usual window), float64[n] each, "nothing" included.

    Any depth above the floor, `n_products` likeliest products of each hour at the home store: more add under a thousandth.
    """
    weekend = int(weekday(np.array([day]))[0] >= 5)
    menu, home = truth.menu, truth.members.home
    usual, likely = usual_hour(truth, weekend, hours), likely_products(truth, weekend, n_products)
    any_hour, own_hour = np.zeros(len(who)), np.zeros(len(who))
    for hour in np.flatnonzero(menu.open.any(axis=0)).tolist():
        for place in range(n_products):
            product = likely[who, hour, place]
            arms = _arms(truth, who, product, day, np.full(len(who), hour), hours)
            price, cost = menu.price_cents[home[who], product], menu.cost_cents[product]
            for cut in ladder.tolist():
                ok = menu.open[home[who], hour] & (price - cut >= floor_cents(cost, min_margin))
                rows = np.flatnonzero(ok)
                some = Windows(*(getattr(arms, name)[rows] for name in Windows.__dataclass_fields__))
                value = truth.incremental_margin_cents(some, np.full(len(rows), cut))
                any_hour[rows] = np.maximum(any_hour[rows], value)
                own = usual[who[rows]] == hour
                own_hour[rows[own]] = np.maximum(own_hour[rows[own]], value[own])
    return any_hour, own_hour


def _arms(truth: CafeTruth, who: Ints, product: Ints, day: np.datetime64, start: Ints, hours: int) -> Windows:
    home = truth.members.home[who]
    closes = 24 - truth.menu.open[:, ::-1].argmax(axis=1)
    return Windows.of(who, product, home, day, start, np.minimum(start + hours, closes[home]))
