"""Exploring: propensities that sum to one, and frequencies that keep to them."""

import numpy as np

from models.response_classes import FITS, Offered, ResponseClasses
from offers.exploring import EVEN, arm_chances, draw_arms, sharpened, wanted_arms
from offers.worth import DayArms

PLANNED = np.array([1, -1])
WANTED = np.array([[1, 1, 0, -1], [-1, 2, 2, 2]])
ALLOWED = np.array([[True, True, False], [True, True, True]])


def test_chances_are_the_counts_of_worlds_beside_the_plan():
    chance = arm_chances(PLANNED, WANTED, ALLOWED, 0.2)
    even = 0.2 * EVEN / 3
    worlds = 0.2 * (1 - EVEN)
    np.testing.assert_allclose(chance[0], [worlds / 4 + even, worlds / 4 + even, 0.8 + worlds / 2 + even, 0.0])
    np.testing.assert_allclose(chance.sum(axis=1), 1.0)


def test_no_exploring_is_the_plan_for_sure():
    chance = arm_chances(PLANNED, WANTED, ALLOWED, 0.0)
    drawn, propensity = draw_arms(chance, np.array([0.0, 0.999999]))
    assert drawn.tolist() == [1, -1]
    assert propensity.tolist() == [1.0, 1.0]


def test_arms_are_drawn_as_often_as_is_logged_and_forbidden_ones_never():
    chance = np.repeat(arm_chances(PLANNED, WANTED, ALLOWED, 0.7)[:1], 20_000, axis=0)
    drawn, propensity = draw_arms(chance, np.random.default_rng(5).random(20_000))
    for arm in (-1, 0, 1):
        assert abs((drawn == arm).mean() - chance[0, arm + 1]) < 0.015
    assert (drawn != 2).all()
    np.testing.assert_array_equal(propensity, chance[0, drawn + 1])


def test_the_unlikely_story_is_tried_more_often_than_it_is_likely():
    """The odds of the two stories become their square root; within each, odds stay."""
    weight = np.array([[0.96, 0.03, 0.01], [0.5, 0.25, 0.25], [0.2, 0.4, 0.4], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75]])
    drawn = sharpened(weight, np.array([False, True, True]))
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)
    np.testing.assert_allclose(drawn[:3, 1:].sum(axis=1) / drawn[:3, 0], np.sqrt([0.04 / 0.96, 1.0, 4.0]))
    np.testing.assert_allclose(drawn[[0, 4], 1] / drawn[[0, 4], 2], [3.0, 1 / 3])
    np.testing.assert_array_equal(drawn[3:, 0], [1.0, 0.0])


def test_a_coupon_is_wanted_in_as_many_worlds_as_the_sharpened_odds_say():
    grid = ResponseClasses.grid(4.0, 0.5)
    flat = int(np.flatnonzero((grid.height == 0) & (grid.away == 0) & (grid.bias == 0))[0])
    keen = int(np.flatnonzero((grid.height == 8.0) & (grid.midpoint == 0.21))[0])
    n = 2000
    weight = np.zeros((n, len(grid)))
    weight[:, [flat, keen]] = 0.96, 0.04
    day = [np.full((n, 1), x) for x in (0.1, 0.4, 0.4, 0.58, 200.0, 400.0, 100.0, 160.0)]
    fits = np.broadcast_to((FITS == 0.58).astype(float), (n, 1, len(grid), len(FITS)))
    arms = DayArms(Offered(*day[:4]), *day[4:])
    wanted = wanted_arms(arms, grid, weight, fits, np.zeros((n, 1), dtype=int), 1, np.random.default_rng(3))
    assert set(np.unique(wanted)) == {-1, 0}
    odds = np.sqrt(0.04 / 0.96)
    assert abs((wanted == 0).mean() - odds / (1 + odds)) < 0.015
