"""Campaigns whose truth is known, to count how often an interval holds it: on the simulated café, and on money with a tail.

A campaign is what each person brought on each of 28 days, in the 28 before and in the 28 before those, and the true mean
effect up to each day. The holdout is the product's own, by hash of the person's id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from bench.cafe.arms import Windows
from bench.cafe.chain import UNTIL
from bench.cafe.days import NONE, NUMBERS, Played, answer, play
from bench.cafe.draw import Bools, Floats, Ints
from bench.cafe.menu import PART_OF_HOUR
from bench.cafe.people import build_truth
from bench.cafe.truth import CafeTruth
from offers.chance import is_held_out

DAYS = 28
HOLDOUT = 0.05
PEOPLE = 2000
HOLDOUTS = 5
OFFER_SHARE, DISCOUNT_CENTS, WINDOW_HOURS = 0.2, 250, 2


@dataclass(frozen=True)
class Campaign:
    """Cents of margin. `daily`: float64[n, DAYS] as it came, holdout or not; `before`, `earlier`: float64[n]; `truth`:
    float64[DAYS], the mean effect on a treated person up to and with each day; `held`: bool[n]."""

    daily: Floats
    before: Floats
    earlier: Floats
    truth: Floats
    held: Bools


def held_out(n: int, seed: int) -> Bools:
    """bool[n]: the product's own holdout of people named after this campaign."""
    return np.array([is_held_out(f"{seed}/{k}", HOLDOUT) for k in range(n)])


@dataclass(frozen=True)
class Outcomes:
    """A café under both: float64[n, DAYS] cents of margin by day without coupons and with, `effect` the expected difference, and
    float64[n] of the days `before` and `earlier`."""

    without: Floats
    with_coupons: Floats
    effect: Floats
    before: Floats
    earlier: Floats


def cafe_campaigns(seed: int, n: int = PEOPLE) -> list[Campaign]:
    """One café, HOLDOUTS campaigns: who is held out is drawn anew, what each person does with a coupon and without is not."""
    found = cafe_outcomes(seed, n)
    truth = found.effect.mean(axis=0).cumsum()
    sides = [held_out(n, HOLDOUTS * seed + k) for k in range(HOLDOUTS)]
    daily = [np.where(held[:, None], found.without, found.with_coupons) for held in sides]
    return [Campaign(each, found.before, found.earlier, truth, held) for each, held in zip(daily, sides, strict=True)]


def cafe_outcomes(seed: int, n: int) -> Outcomes:
    """Every member gets a coupon for their usual drink on a fifth of the last 28 days, whatever they are like, or none."""
    truth, rng = build_truth(seed, n, UNTIL), np.random.default_rng([seed, 1])
    without, effect = np.zeros((n, 3 * DAYS)), np.zeros((n, DAYS))
    gain = np.zeros((n, DAYS))
    for day in range(3 * DAYS):
        date = np.datetime64(UNTIL - timedelta(days=3 * DAYS - day), "D")
        numbers = rng.random((n, len(NUMBERS)))
        offered = (rng.random(n) < OFFER_SHARE) & (day >= 2 * DAYS)
        # Who neither comes nor has a coupon brings nothing: the others are enough to play.
        at = np.full(n, date)
        rows = np.flatnonzero(offered | (numbers[:, 0] < truth.p_visit(np.arange(n), at)))
        played = play(truth, rows, at[rows], numbers[rows])
        without[rows, day] = margin(truth, played)
        some = np.flatnonzero(offered)
        if len(some):
            arms, places = usual_arms(truth, some, date), np.searchsorted(rows, some)
            off, blank = np.full(len(some), DISCOUNT_CENTS), np.full(len(some), "")
            answered = margin(truth, answer(truth, played.take(places), arms, off, blank))
            gain[some, day - 2 * DAYS] = answered - without[some, day]
            effect[some, day - 2 * DAYS] = truth.incremental_margin_cents(arms, DISCOUNT_CENTS)
    earlier, before, during = (without[:, k * DAYS : (k + 1) * DAYS] for k in range(3))
    return Outcomes(during, during + gain, effect, before.sum(axis=1), earlier.sum(axis=1))


def usual_arms(truth: CafeTruth, member: Ints, date: np.datetime64) -> Windows:
    """The likeliest drink of the member's likeliest hour of a weekday, at home, for two hours from then."""
    people, menu = truth.members, truth.menu
    home, hour = people.home[member], people.hours[member, 0].argmax(axis=1)
    drinks = people.pick[member, PART_OF_HOUR[hour]] * menu.sold[home] * ~menu.is_food
    return Windows.of(member, drinks.argmax(axis=1), home, date, hour, hour + WINDOW_HOURS)


def margin(truth: CafeTruth, days: Played) -> Floats:
    """float64[k]: margin of each day in cents, discounts taken off."""
    menu, total = truth.menu, np.zeros(len(days.member))
    for product in (days.drink, days.food):
        price = menu.price_cents[days.store, product].astype(np.float64)
        total += np.where(product == NONE, 0.0, price - menu.cost_cents[product])
    return days.visited * (total - np.where(days.redeemed != NONE, days.discount_cents, 0))


def tailed_campaign(seed: int, n: int = PEOPLE, effect_cents: float = 200.0, spread: float = 0.8) -> Campaign:
    """Poisson numbers of lognormal baskets, people's rates gamma with shape .6; a twentieth of the days of the treated brings
    `effect_cents` / (.05 · DAYS) more, so that the campaign's effect is `effect_cents` a person.
    """
    rng, held = np.random.default_rng([seed, 2]), held_out(n, seed)
    rate = rng.gamma(0.6, 0.25 / 0.6, n)
    baskets = rng.poisson(np.repeat(rate[:, None], 3 * DAYS, axis=1))
    money = 150.0 * rng.lognormal(0.0, spread, int(baskets.sum()))
    cell = np.repeat(np.arange(baskets.size), baskets.ravel())
    brought = np.bincount(cell, weights=money, minlength=baskets.size).reshape(baskets.shape)
    spans = [brought[:, k * DAYS : (k + 1) * DAYS] for k in range(3)]
    bump = (rng.random((n, DAYS)) < 0.05) * (effect_cents / (0.05 * DAYS))
    truth = effect_cents * np.arange(1, DAYS + 1) / DAYS
    return Campaign(spans[2] + bump * ~held[:, None], spans[1].sum(axis=1), spans[0].sum(axis=1), truth, held)


def stocked_campaign(seed: int, n: int = PEOPLE) -> Campaign:
    """People who stock up: each buys every fifth to tenth day, their own amount give or take a tenth, and nothing between. No
    effect. Here a person's days cancel out, which is what the boundary for every look assumes they do not.
    """
    rng, held = np.random.default_rng([seed, 4]), held_out(n, seed)
    gap = rng.integers(5, 11, n)[:, None]
    buys = (np.arange(3 * DAYS)[None, :] + rng.integers(0, gap)) % gap == 0
    brought = buys * 700.0 * rng.lognormal(0.0, 0.3, (n, 1)) * rng.lognormal(0.0, 0.1, (n, 3 * DAYS))
    earlier, before, during = (brought[:, k * DAYS : (k + 1) * DAYS] for k in range(3))
    return Campaign(during, before.sum(axis=1), earlier.sum(axis=1), np.zeros(DAYS), held)
