"""The whole learner on a trial whose effects are known: who gains, arms apart, thin arms shrunk, arrays that come back."""

import numpy as np
import pytest

from models.uplift import Uplift
from tests.training.trial_world import ARMS, COLUMNS, trial
from training.uplift import PRIOR, fit, is_thin


@pytest.fixture(scope="module")
def fitted():
    return fit(trial(2400), seed=7)


def test_who_gains_by_which_arm(fitted):
    keen, rest = fitted.uplift.effect(np.array([[1.0, 0.0], [0.0, 0.0]]))
    assert keen[0] == rest[0] == 0
    assert keen[1] == pytest.approx(0.3, abs=0.08)
    assert rest[1] == pytest.approx(-0.15, abs=0.08)
    assert keen[2] == pytest.approx(0.1, abs=0.08)
    assert rest[2] == pytest.approx(0.1, abs=0.08)


def test_chances_with_each_arm(fitted):
    x = trial(300, seed=2).x
    chances = fitted.uplift.outcome(x)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances[:, 0].mean() == pytest.approx(0.2, abs=0.04)
    assert fitted.learner["small"] != PRIOR
    assert fitted.losses["small"][fitted.learner["small"]] < fitted.losses["small"]["mean"]


def test_arrays_come_back_the_same(fitted):
    x = trial(50, seed=3).x
    again = Uplift.from_arrays(fitted.uplift.arrays(), COLUMNS, ARMS)
    np.testing.assert_array_equal(again.outcome(x), fitted.uplift.outcome(x))


def test_a_thin_arm_has_one_shrunk_effect_for_all():
    few = fit(trial(1000, shares=(0.49, 0.49, 0.02)), seed=7)
    assert few.learner["large"] == PRIOR
    assert few.losses["large"] == {}
    assert np.ptp(few.uplift.effect(trial(50).x)[:, 2]) == 0
    assert few.learner["small"] != PRIOR


def test_nothing_but_thin_arms_and_the_same_again():
    one, two = (fit(trial(120), seed=7) for _ in range(2))
    assert set(one.learner.values()) == {PRIOR}
    for name, array in one.uplift.arrays().items():
        np.testing.assert_array_equal(array, two.uplift.arrays()[name])
    effect = one.uplift.effect(np.zeros((1, 2)))[0]
    assert (np.abs(effect) < 0.2).all()


@pytest.mark.parametrize(("n", "thin"), [(399, True), (400, False)])
def test_the_edge_of_thin(n, thin):
    whole = trial(4000)
    arms = [np.flatnonzero(whole.arm == arm) for arm in (0, 1)]
    rows = np.concatenate([arms[0], arms[1][:n]])
    assert is_thin(whole.rows(rows), 1) is thin
