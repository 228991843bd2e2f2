"""One day of some members at the café, played from uniform numbers, with or without an offer in their pocket.

Row k of the numbers plays row k's day, and the offer only changes the outcome, never the draw: the same numbers with and
without offers show the effect of the offers alone, and frequencies agree with `CafeTruth` exactly in the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bench.cafe.arms import Windows, weekday
from bench.cafe.draw import Bools, Days, Floats, Ints, Texts, draw
from bench.cafe.menu import PART_OF_HOUR
from bench.cafe.truth import CafeTruth

NUMBERS = (
    "visit", "hour", "second", "store", "drink", "attach", "food", "stay", "convert", "window", "company", "channel",
    "looks", "look_second", "look_other", "slip", "order",
)  # fmt: skip
NONE = -1


@dataclass(frozen=True)
class Played:
    """K member-days. `drink` and `food` are product rows or NONE; a day without a visit still has a moment and a wish."""

    member: Ints
    """int64[k]"""
    day: Days
    """datetime64[D][k], the visited store's own day."""
    visited: Bools
    """bool[k]"""
    second: Ints
    """int64[k], local second of the day."""
    store: Ints
    """int64[k]"""
    drink: Ints
    """int64[k]"""
    food: Ints
    """int64[k]"""
    redeemed: Ints
    """int64[k], the product row bought on the offer, else NONE."""
    discount_cents: Ints
    """int64[k], what the offer takes off, 0 without one."""
    coupon: Texts
    """str[k], the offer's id, empty without one."""
    numbers: Floats
    """float64[k, len(NUMBERS)] in [0, 1)."""

    def number(self, name: str) -> Floats:
        """float64[k]: the column of that name."""
        return self.numbers[:, NUMBERS.index(name)]

    def take(self, rows: Ints | Bools) -> Played:
        """The same of some rows."""
        return Played(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def play(truth: CafeTruth, member: Ints, day: Days, numbers: Floats) -> Played:
    """What the members do on those days untouched. `numbers`: float64[k, len(NUMBERS)], row-aligned with the two others."""
    column = dict(zip(NUMBERS, numbers.T, strict=True))
    people, weekend = truth.members, (weekday(day) >= 5).astype(np.int64)
    hour = draw(people.hours[member, weekend], column["hour"])
    wish = people.stores[member] * truth.menu.open[:, hour].T
    wish[np.arange(len(member)), people.home[member]] += 1 - wish.sum(axis=1)
    store = draw(wish, column["store"])
    return Played(
        member=member,
        day=day,
        visited=column["visit"] < truth.p_visit(member, day),
        second=hour * 3600 + (column["second"] * 3600).astype(np.int64),
        store=store,
        drink=_drink(truth, member, store, hour, column["drink"]),
        food=_food(truth, member, store, hour, column["attach"], column["food"]),
        redeemed=np.full(len(member), NONE),
        discount_cents=np.zeros(len(member), dtype=np.int64),
        coupon=np.full(len(member), ""),
        numbers=numbers,
    )


def answer(truth: CafeTruth, days: Played, arms: Windows, discount_cents: Ints, coupon: Texts) -> Played:
    """The same days with an offer each. `arms`, `discount_cents` (int64[k], > 0) and `coupon` are row-aligned with `days`."""
    inside = (days.second >= arms.start * 3600) & (days.second < arms.end * 3600)
    same = (days.drink == arms.product) | (days.food == arms.product)
    hit = days.visited & inside & same & (days.store == arms.store)
    converts, stays = truth.conversion(arms, discount_cents)
    here = days.number("stay") < stays
    new = here & ~hit & (days.number("convert") < converts)
    moment = arms.start * 3600 + days.number("window") * (arms.end - arms.start) * 3600
    hour = arms.start.astype(np.int64)
    food = truth.menu.is_food[arms.product]
    drink = _drink(truth, arms.member, arms.store, hour, days.number("company"))
    company = _food(truth, arms.member, arms.store, hour, days.number("attach"), days.number("company"))
    return replace(
        days,
        visited=(days.visited & here) | new,
        second=np.where(new, moment.astype(np.int64), days.second),
        store=np.where(new, arms.store, days.store),
        drink=np.where(new, np.where(food, drink, arms.product), days.drink),
        food=np.where(new, np.where(food, arms.product, company), days.food),
        redeemed=np.where((hit & here) | new, arms.product, NONE),
        discount_cents=discount_cents,
        coupon=coupon,
    )


def _drink(truth: CafeTruth, member: Ints, store: Ints, hour: Ints, u: Floats) -> Ints:
    weights = truth.members.pick[member, PART_OF_HOUR[hour]] * (truth.menu.sold[store] & ~truth.menu.is_food)
    return draw(weights, u)


def _food(truth: CafeTruth, member: Ints, store: Ints, hour: Ints, attach: Floats, u: Floats) -> Ints:
    part = PART_OF_HOUR[hour]
    weights = truth.members.pick[member, part] * (truth.menu.sold[store] & truth.menu.is_food)
    return np.where(attach < truth.members.attach[member, part], draw(weights, u), NONE)
