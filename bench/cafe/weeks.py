"""The loop closed in the simulated café: plan, push, redeem, learn, plan better; beside uniform coupons and the oracle.

The learner starts from the chain's books (purchases before any offer) and from no answered offer at all. Every day it weighs
arms for every member (`offers.worth`), plans and explores (`offers.exploring`), and the café plays the day from its own numbers.
What the till saw comes back as events; the truth is used for nothing but playing and the yardsticks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from bench.cafe.arms import Windows
from bench.cafe.days import NONE, NUMBERS, answer, play
from bench.cafe.draw import Floats, Ints, stream
from bench.cafe.events import events_of
from bench.cafe.learner import Learner
from bench.cafe.records import Sent
from bench.cafe.truth import CafeTruth
from bench.cafe.yard import oracle_values, uniform_values
from offers.campaign import Campaign

PLAN, PLAY = 20, 21
"""Streams of the seed beside the café's own: what the plan draws, what the simulated days draw."""
EXPLORE = (1.0, 1.0, 0.7, 0.5, 0.3, 0.1, 0.05, 0.02)
"""Share of user-days that explore, by week: a launch, then an upkeep. The last goes on."""


@dataclass
class Week:
    """Expected incremental margin a member and week, cents, by the truth. The holdout is left out on all sides."""

    number: int
    policy: float = 0.0
    """Of what was sent, what exploring costs included."""
    greedy: float = 0.0
    """Of the plan, had nothing been explored."""
    oracle: float = 0.0
    """Of the best arm for each member: any open hour of the home store, product and depth, or nothing."""
    oracle_usual: float = 0.0
    """The same in the member's usual window only."""
    uniform: list[float] = field(default_factory=list)
    """Of everybody's likeliest product in their usual window, at each depth of the ladder."""
    sent: int = 0
    redeemed: int = 0


def simulate(
    truth: CafeTruth,
    learner: Learner,
    campaign: Campaign,
    n_weeks: int = 8,
    explore: Sequence[float] = EXPLORE,
    progress: Callable[[Week], None] | None = None,
) -> list[Week]:
    """Play `n_weeks` weeks from the day the books close on."""
    who = np.flatnonzero(~learner.held_out)
    weeks = []
    for number in range(1, n_weeks + 1):
        learner.explore = explore[min(number, len(explore)) - 1]
        learner.refit()
        week = Week(number, uniform=[0.0] * len(campaign.depth.ladder_cents))
        for ahead in range(7):
            day = truth.anchor + timedelta(days=7 * (number - 1) + ahead)
            _play_day(truth, learner, day, week, len(who))
            measure(truth, who, day, week, campaign)
        weeks.append(week)
        if progress:
            progress(week)
    return weeks


def best_uniform(weeks: Sequence[Week]) -> int:
    """Place in the ladder of the depth that earns most over all weeks."""
    return int(np.sum([week.uniform for week in weeks], axis=0).argmax())


def _play_day(truth: CafeTruth, learner: Learner, day: date, week: Week, n_asked: int) -> None:
    today, n = np.datetime64(day), len(truth.members)
    planned, sent = learner.plan(day, stream(truth.seed, 10**7 * PLAN + day.toordinal()))
    week.greedy += float(_true_value(truth, planned, today).sum()) / n_asked
    week.policy += float(_true_value(truth, sent, today).sum()) / n_asked
    numbers = stream(truth.seed, 10**7 * PLAY + day.toordinal()).random((n, len(NUMBERS)))
    days = play(truth, np.arange(n), np.full(n, today, "datetime64[D]"), numbers)
    coupon = np.array([f"c{day:%y%m%d}-{member}" for member in sent.member.tolist()], dtype=np.str_)
    answered = answer(truth, days.take(sent.member), _windows(sent, today), sent.discount, coupon)
    others: Ints = np.setdiff1d(np.arange(n), sent.member)
    week.sent, week.redeemed = week.sent + len(coupon), week.redeemed + int((answered.redeemed != NONE).sum())
    learner.observe(sent, pl.concat([events_of(truth, days.take(others)), events_of(truth, answered)]))


def measure(truth: CafeTruth, who: Ints, day: date, week: Week, campaign: Campaign) -> None:
    """Add the day's yardsticks to the week; who: int64[k], members who may be sent something."""
    today, ladder, hours = np.datetime64(day), np.array(campaign.depth.ladder_cents), campaign.slot.hours
    uniform = uniform_values(truth, who, today, ladder, hours).mean(axis=1)
    week.uniform = [a + b for a, b in zip(week.uniform, uniform.tolist(), strict=True)]
    best, usual = oracle_values(truth, who, today, ladder, hours, campaign.depth.min_margin_share)
    week.oracle, week.oracle_usual = week.oracle + float(best.mean()), week.oracle_usual + float(usual.mean())


def _true_value(truth: CafeTruth, sent: Sent, day: np.datetime64) -> Floats:
    return truth.incremental_margin_cents(_windows(sent, day), sent.discount)


def _windows(sent: Sent, day: np.datetime64) -> Windows:
    return Windows.of(sent.member, sent.product, sent.store, day, sent.start, sent.end)
