"""The loop closed in the simulated café: plan, push, redeem, learn, plan better; week by week beside uniform coupons and the oracle.

The learner starts from the chain's books (purchases before any offer) and from no answered offer at all. Every day it weighs
arms for every member (`offers.worth`), plans and explores (`offers.exploring`), and the café plays the day from the same numbers
with and without the offers. What the till saw comes back as events; the truth is used for nothing but the yardsticks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from bench.cafe.arms import Windows
from bench.cafe.days import NONE, NUMBERS, answer, play
from bench.cafe.draw import Floats, Ints, stream
from bench.cafe.events import events_of
from bench.cafe.learner import Learner, Sent
from bench.cafe.truth import CafeTruth
from bench.cafe.yard import oracle_values, uniform_values
from offers.campaign import Campaign

PLAN, PLAY = 20, 21
"""Streams of the seed beside the café's own: what the plan draws, what the simulated days draw."""


@dataclass
class Week:
    """Expected incremental margin a member and week, cents, by the truth; members of the holdout are left out everywhere."""

    number: int
    policy: float = 0.0
    greedy: float = 0.0
    """What the plan is worth without exploring."""
    oracle: float = 0.0
    oracle_usual: float = 0.0
    uniform: list[float] = field(default_factory=list)
    """At each depth of the ladder."""
    redeemed: int = 0
    sent: int = 0
    played: float = 0.0
    """Margin with offers less without, of the very days that were played."""


def simulate(truth: CafeTruth, learner: Learner, campaign: Campaign, n_weeks: int = 8, progress=None) -> list[Week]:
    """Play `n_weeks` weeks from the day the books close on."""
    ladder = np.array(campaign.depth.ladder_cents)
    who = np.flatnonzero(~learner.held_out)
    weeks = []
    for number in range(1, n_weeks + 1):
        learner.refit()
        week = Week(number, uniform=[0.0] * len(ladder))
        for ahead in range(7):
            day = truth.anchor + timedelta(days=7 * (number - 1) + ahead)
            _play_day(truth, learner, day, week, len(who))
            today = np.datetime64(day)
            uniform = uniform_values(truth, who, today, ladder, campaign.slot.hours).mean(axis=1)
            week.uniform = [a + float(b) for a, b in zip(week.uniform, uniform, strict=True)]
            best, usual = oracle_values(truth, who, today, ladder, campaign.slot.hours, campaign.depth.min_margin_share)
            week.oracle, week.oracle_usual = week.oracle + float(best.mean()), week.oracle_usual + float(usual.mean())
        weeks.append(week)
        if progress:
            progress(week)
    return weeks


def _play_day(truth: CafeTruth, learner: Learner, day: date, week: Week, n_asked: int) -> None:
    today, n = np.datetime64(day), len(truth.members)
    rng = stream(truth.seed, 1000 * PLAN + day.toordinal())
    planned, sent = learner.plan(day, rng)
    week.greedy += _true_value(truth, planned, today).sum() / n_asked
    week.policy += _true_value(truth, sent, today).sum() / n_asked
    numbers = stream(truth.seed, 1000 * PLAY + day.toordinal()).random((n, len(NUMBERS)))
    days = play(truth, np.arange(n), np.full(n, today, "datetime64[D]"), numbers)
    arms = Windows.of(sent.member, sent.product, sent.store, today, sent.start, sent.end)
    coupon = np.array([f"c{day:%y%m%d}-{m}" for m in sent.member.tolist()], dtype=np.str_)
    answered = answer(truth, days.take(sent.member), arms, sent.discount, coupon)
    rest = np.setdiff1d(np.arange(n), sent.member)
    events = pl.concat([events_of(truth, days.take(rest)), events_of(truth, answered)])
    week.sent += len(sent.member)
    week.redeemed += int((answered.redeemed != NONE).sum())
    learner.observe(day, sent, events)


def _true_value(truth: CafeTruth, sent: Sent, day: np.datetime64) -> Floats:
    arms = Windows.of(sent.member, sent.product, sent.store, day, sent.start, sent.end)
    return truth.incremental_margin_cents(arms, sent.discount)
