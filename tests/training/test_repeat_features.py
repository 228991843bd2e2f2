"""Counts by hand, what a cut may see, and who is known."""

import numpy as np
import pytest

from tests.training.repeat_world import shop
from training.bgnbd import BgNbd
from training.repeat_features import Purchases, features, fit_summary, summary

MODEL = BgNbd(0.25, 4.0, 0.8, 2.5)
# Customer 0 bought on days 0, 7 and 70; 1 on day 14; 2 on day 90.
BOUGHT = Purchases(
    np.array([0, 0, 0, 1, 2]),
    np.array([0, 7, 70, 14, 90]),
    np.array([5.0, 7, 9, 11, 13]),
    np.array([1.0, 2, 3, 4, 5]),
    3,
)


def test_a_summary_by_hand():
    at = summary(BOUGHT, 71)
    assert at.frequency[:2].tolist() == [2, 0]
    assert at.recency[:2].tolist() == [10, 0]
    assert at.age[:2].tolist() == [10, 8]
    assert np.isnan([at.frequency[2], at.recency[2], at.age[2]]).all()
    assert at.known.tolist() == [True, True, False]
    before = summary(BOUGHT, 70)
    assert before.frequency[:2].tolist() == [1, 0], "the cut's own day is not seen"
    assert before.recency[:2].tolist() == [1, 0]


@pytest.mark.parametrize(("cut", "known"), [(105, True), (104, False)])
def test_known_from_two_weeks_on(cut, known):
    assert summary(BOUGHT, cut).known[2] == known


def test_features_by_hand():
    x = features(BOUGHT, 71, 4.0, MODEL)
    rate = MODEL.expected(np.array([2.0]), np.array([10.0]), np.array([10.0]), 4.0)[0] / 4
    decayed = [np.log1p(sum(np.exp((day - 71) / tau) for day in (0, 7, 70))) for tau in (30, 90)]
    # Of late: days 11 and on, opening purchases not counted: day 70 alone.
    money = np.log1p([7.0, 5.0, 1.0, 9.0])
    expected = [np.log(rate), np.log1p(2), 0, 0, np.log1p(0), 0, *decayed, np.log1p(1), *money, np.log(10)]
    np.testing.assert_allclose(x[0], expected)
    assert x[1, 2:4].tolist() == [1, 0]


def test_nothing_after_a_cut_is_read():
    whole, _ = shop()
    np.testing.assert_array_equal(features(whole, 150, 4.0, MODEL), features(whole.before(150), 150, 4.0, MODEL))


def test_the_fit_of_a_cut_is_of_who_is_known():
    whole, _ = shop()
    model = fit_summary(summary(whole, 120))
    assert model.r > 0
    assert whole.counted(0, 260).sum() == len(whole.day)
