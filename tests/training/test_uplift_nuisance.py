"""The doubly-robust score by hand, its mean against the truth, folds, and outcomes of arms with hardly any rows."""

import numpy as np
import pytest

from tests.training.trial_world import trial
from training.uplift_nuisance import cross_fitted, parts, regression, scores
from training.uplift_trial import Trial


def test_the_score_by_hand():
    two = Trial(
        np.zeros((3, 1)),
        ("x",),
        np.array([0, 1, 2]),
        ("no", "a", "b"),
        np.tile([0.5, 0.25, 0.25], (3, 1)),
        np.array([1.0, 1.0, 0.0]),
    )
    expected = np.tile([0.2, 0.5, 0.4], (3, 1))
    # no: 0.2 + (1 - 0.2)/0.5 = 1.8; a: 0.5 + 0.5/0.25 = 2.5; b: 0.4 - 0.4/0.25 = -1.2
    np.testing.assert_allclose(scores(two, expected), [[0.5 - 1.8, 0.4 - 1.8], [2.5 - 0.2, 0.2], [0.3, -1.2 - 0.2]])


@pytest.mark.parametrize("wrong", [0.0, 0.9])
def test_the_mean_score_is_the_effect_however_wrong_the_expectation(wrong):
    whole = trial(40_000)
    told = scores(whole, np.full((40_000, 3), wrong))
    keen = whole.x[:, 0] == 1
    assert told[keen, 0].mean() == pytest.approx(0.3, abs=0.05)
    assert told[~keen, 0].mean() == pytest.approx(-0.15, abs=0.05)
    assert told[:, 1].mean() == pytest.approx(0.1, abs=0.05)


def test_expectations_know_the_keen():
    whole = trial(2000)
    expected = cross_fitted(whole, 3, seed=0)
    assert expected[whole.x[:, 0] == 1, 1].mean() == pytest.approx(0.5, abs=0.07)
    assert expected[:, 0].mean() == pytest.approx(0.2, abs=0.05)


def test_every_row_is_held_out_once():
    folds = parts(11, 3, seed=4)
    assert sorted(np.concatenate([held for held, _ in folds]).tolist()) == list(range(11))
    assert all(set(held) | set(rest) == set(range(11)) and not set(held) & set(rest) for held, rest in folds)


def test_an_arm_nobody_drew_or_all_answered_alike_has_a_chance_within_0_and_1():
    whole = trial(60)
    never = whole.rows(np.flatnonzero(whole.arm != 2))
    assert regression(never, 2, 0).predict_proba(never.x[:1])[0, 1] == 0.5
    alike = Trial(whole.x, whole.columns, whole.arm, whole.arms, whole.propensity, np.ones(60))
    n = (whole.arm == 0).sum()
    assert regression(alike, 0, 0).predict_proba(whole.x[:1])[0, 1] == pytest.approx((n + 1) / (n + 2))


def test_a_share_is_that_much_of_an_outcome():
    whole = trial(60)
    half = Trial(whole.x, whole.columns, whole.arm, whole.arms, whole.propensity, np.full(60, 0.5))
    assert regression(half, 0, 0).predict_proba(whole.x[:1])[0, 1] == pytest.approx(0.5)
