"""Exploring: propensities that sum to one, and frequencies that keep to them."""

import numpy as np

from offers.exploring import EVEN, arm_chances, draw_arms, sharpened

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
    responds = np.array([False, True, True])
    drawn = sharpened(np.array([[0.96, 0.03, 0.01], [1.0, 0.0, 0.0]]), responds)
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)
    assert 0.15 < drawn[0, 1:].sum() < 0.2
    np.testing.assert_allclose(drawn[0, 1] / drawn[0, 2], 3.0)
    assert drawn[1, 0] == 1.0
