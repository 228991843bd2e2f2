"""Shrinking by hand: each level, arms nobody drew, much data, and what cannot be."""

import numpy as np
import pytest

from training.uplift_prior import shrunk


def test_one_arm_is_shrunk_to_the_belief_of_nothing():
    # One arm of one group: τ² is the belief's at every level, .01; noise .01 for the arm, .02 its group, .03 the whole.
    top = 0.2 * 0.01 / (0.01 + 0.03)
    group = top + 0.01 / (0.01 + 0.02) * (0.2 - top)
    arm = group + 0.01 / (0.01 + 0.01) * (0.2 - group)
    assert shrunk(np.array([0.2]), np.array([0.01]), ["tea"], spread=0.1)[0] == pytest.approx(arm)


def test_an_arm_nobody_drew_has_its_groups_effect_and_a_group_nobody_drew_the_whole():
    mean, variance = np.array([0.1, 0.3, np.nan, np.nan]), np.array([1e-4, 1e-4, np.inf, np.inf])
    effect = shrunk(mean, variance, ["tea", "tea", "tea", "cake"], spread=0.5)
    assert effect[0] == pytest.approx(0.1, abs=0.01)
    assert effect[1] == pytest.approx(0.3, abs=0.01)
    assert effect[2] == pytest.approx(0.2, abs=0.02)
    assert 0.05 < effect[3] < effect[2]


def test_arms_that_differ_by_no_more_than_their_noise_are_alike():
    effect = shrunk(np.array([0.10, 0.11, 0.12]), np.full(3, 0.01), ["tea"] * 3)
    assert np.ptp(effect) == pytest.approx(0.0, abs=1e-12)
    assert 0 < effect[0] < 0.11


def test_nothing_known_is_no_effect():
    assert shrunk(np.full(2, np.nan), np.full(2, np.inf), ["a", "b"]).tolist() == [0.0, 0.0]


def test_groups_apart():
    effect = shrunk(np.array([0.3, 0.3, -0.2, -0.2]), np.full(4, 1e-3), ["a", "a", "b", "b"], spread=0.2)
    assert effect[0] > 0.2
    assert effect[2] < -0.1


@pytest.mark.parametrize(("variance", "spread"), [([0.0], 0.1), ([0.1], 0.0), ([-1.0], 0.1)])
def test_what_cannot_be(variance, spread):
    with pytest.raises(ValueError, match="above 0"):
        shrunk(np.array([0.1]), np.array(variance), ["a"], spread)
