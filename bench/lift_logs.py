"""Logs of randomised coupons on the simulated café, and the true value of a policy that never ran, to try the estimators on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bench.cafe.chain import UNTIL
from bench.cafe.days import NUMBERS, answer, play
from bench.cafe.draw import Floats, Ints, draw
from bench.cafe.people import build_truth
from bench.cafe.truth import CafeTruth
from bench.lift_worlds import margin, usual_arms

DEPTHS = np.array([0, 150, 250, 350])
"""Cents off the usual drink; the first arm sends nothing."""
TRIED = np.array([0.55, 0.15, 0.15, 0.15])
SELDOM_TRIED = np.array([0.9, 0.05, 0.049, 0.001])
# The new policy: deep for those who come seldom, nothing for those who come often.
FOR_SELDOM, FOR_OFTEN = np.array([0.1, 0.1, 0.2, 0.6]), np.array([0.85, 0.05, 0.05, 0.05])
OFTEN_VISITS = 8
PEOPLE, DAYS = 1500, 4


@dataclass(frozen=True)
class Log:
    """Row-aligned decisions: who, how often they came in four weeks, the arm, its chance, what the day brought (cents of
    margin), the new policy's chances float64[k, 4]; and what the new policy is truly worth a decision to these members."""

    user: Ints
    visits: Ints
    arm: Ints
    propensity: Floats
    reward: Floats
    target: Floats
    truth: float


def cafe_log(seed: int, tried: Floats = TRIED) -> Log:
    """Four days of 1,500 members of a café of their own, each day's arm drawn by `tried`."""
    truth, rng = build_truth(seed, PEOPLE, UNTIL), np.random.default_rng([seed, 3])
    member = np.arange(PEOPLE)
    visits = rng.binomial(28, truth.p_visit(member, np.full(PEOPLE, UNTIL, "datetime64[D]")))
    target = np.where((visits < OFTEN_VISITS)[:, None], FOR_SELDOM, FOR_OFTEN)
    columns = [_day(truth, rng, member, tried, target, UNTIL + timedelta(days=k)) for k in range(DAYS)]
    arm, reward, worth = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return Log(
        np.tile(member, DAYS),
        np.tile(visits, DAYS),
        arm,
        tried[arm],
        reward,
        np.tile(target, (DAYS, 1)),
        float(worth.mean()),
    )


def arm_means(log: Log) -> Floats:
    """float64[2, 4]: mean reward by whether one comes often, and arm; a model plain enough to be wrong. 0 where never seen."""
    often = (log.visits >= OFTEN_VISITS).astype(np.int64)
    cell = often * len(DEPTHS) + log.arm
    sums, n = (np.bincount(cell, weights=w, minlength=2 * len(DEPTHS)) for w in (log.reward, None))
    means: Floats = np.where(n > 0, sums / np.maximum(n, 1), 0.0).reshape(2, len(DEPTHS))
    return means


def modelled(log: Log, means: Floats) -> tuple[Floats, Floats]:
    """(q of the logged arm, mean q under the new policy), float64[k] each."""
    rows = means[(log.visits >= OFTEN_VISITS).astype(np.int64)]
    return rows[np.arange(len(log.arm)), log.arm], (rows * log.target).sum(axis=1)


def _day(
    truth: CafeTruth, rng: np.random.Generator, member: Ints, tried: Floats, target: Floats, day: date
) -> tuple[Ints, Floats, Floats]:
    """Arm, what the day brought, and what it is worth in expectation under the new policy, by member."""
    at = np.datetime64(day, "D")
    arm = draw(np.tile(tried, (len(member), 1)), rng.random(len(member)))
    played = play(truth, member, np.full(len(member), at), rng.random((len(member), len(NUMBERS))))
    reward = margin(truth, played)
    arms = usual_arms(truth, member, at)
    for depth in range(1, len(DEPTHS)):
        rows = np.flatnonzero(arm == depth)
        sent = usual_arms(truth, member[rows], at)
        off, blank = np.full(len(rows), DEPTHS[depth]), np.full(len(rows), "")
        reward[rows] = margin(truth, answer(truth, played.take(rows), sent, off, blank))
    worth = truth.day_margin_cents(member, np.full(len(member), at))
    for depth in range(1, len(DEPTHS)):
        worth = worth + target[:, depth] * truth.incremental_margin_cents(arms, int(DEPTHS[depth]))
    return arm, reward, worth
