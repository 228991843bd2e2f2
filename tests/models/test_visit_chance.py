"""The week and its days: bounds, strangers, weekdays."""

from dataclasses import replace

import numpy as np
import pytest

from models.visit_chance import DAY_NAMES, HORIZON, VisitChance, day_features
from tests.models.test_visit_features import random_visits
from tests.models.when_world import EVENING, MONDAY, NOBODY, TODAY, arrays, visits

CHANCE = VisitChance.of(arrays(), 0.05)


@pytest.mark.parametrize("shift", [-4.0, -1.0, 0.0, 3.0])
def test_the_week_lies_between_its_likeliest_day_and_the_sum_of_all(shift):
    weights = CHANCE.day_weights.copy()
    weights[:, -1] += shift
    people = random_visits()
    moved = replace(CHANCE, day_weights=weights)
    days, week = moved.by_day(people, TODAY, 7), moved.within_week(people, TODAY)
    assert ((days >= 0) & (days <= 1)).all()
    assert (days.max(axis=1) <= week + 1e-12).all()
    assert (days.sum(axis=1) >= week - 1e-12).all()


def test_a_stranger_has_the_strangers_chance():
    assert CHANCE.within_week(visits(), TODAY)[NOBODY] == 0.05
    assert CHANCE.by_day(visits(), TODAY, 7)[NOBODY].sum() >= 0.05 - 1e-12


def test_monday_comes_on_mondays():
    days = CHANCE.by_day(visits(), TODAY, 14)[MONDAY]
    # Today is a Thursday, so Monday is four days ahead.
    assert set(np.argsort(-days)[:2].tolist()) == {4, 11}


@pytest.mark.parametrize("n_days", [0, 1, 6, 8])
def test_fewer_days_are_the_first_of_more(n_days):
    people = random_visits()
    whole = CHANCE.by_day(people, TODAY, 14)
    np.testing.assert_array_equal(CHANCE.by_day(people, TODAY, n_days), whole[:, :n_days])


def test_days_beyond_the_horizon_take_the_last_regression():
    days = CHANCE.by_day(visits(), TODAY, HORIZON + 7)
    assert days.shape == (4, HORIZON + 7)
    assert np.isfinite(days).all()


def test_the_features_of_a_day():
    week = np.array([0.05, 0.5, 0.5, 0.5])
    named = dict(zip(DAY_NAMES, day_features(visits(), TODAY, 4, week, CHANCE.weekday_share).T, strict=True))
    mass = sum(0.5 ** ((3 + 7 * back) / 90) for back in range(10))
    assert named["weekday"][MONDAY] == pytest.approx(np.log(7 * (mass + 7 * 0.14) / (mass + 7)))
    assert named["week"].tolist() == pytest.approx([np.log(0.05 / 0.95), 0, 0, 0])
    # A silence of three days and four more: all nine gaps of seven days end on that very day.
    nine = sum(0.5 ** (back / 20) for back in range(9))
    odds = (nine + 2 * 0.5 / 7) / (nine + 2)
    assert named["gap_ends"][MONDAY] == pytest.approx(np.log(odds / (1 - odds)))
    assert named["came_yesterday"].tolist() == [0, 0, 0, 0]
    assert day_features(visits(), TODAY - 1, 0, week, CHANCE.weekday_share)[EVENING, -2] == 1


def test_everybody_at_once_is_each_alone():
    people = random_visits()
    alone = [CHANCE.by_day(people.block(user, user + 1), TODAY, 9)[0] for user in range(len(people))]
    np.testing.assert_allclose(CHANCE.by_day(people, TODAY, 9), alone, rtol=1e-6)
