"""Purchases to come: the level, who buys more, nothing seen of what comes, and too short a past."""

import numpy as np
import pytest

from tests.training.repeat_world import shop
from training.errors import TrainingError
from training.repeat_rate import CUTS_BEFORE_END, expected

END, HORIZON = 170, 90


@pytest.fixture(scope="module")
def guessed():
    whole, rate = shop()
    return whole, rate, expected(whole, END, HORIZON, seed=1)


def test_the_level_and_who_buys_more(guessed):
    whole, rate, guess = guessed
    assert guess.sum() == pytest.approx(whole.counted(END, END + HORIZON).sum(), rel=0.1)
    assert np.corrcoef(guess, rate)[0, 1] > 0.8
    assert (guess > 0).all()


def test_what_comes_is_not_seen(guessed):
    whole, _, guess = guessed
    np.testing.assert_array_equal(expected(whole.before(END), END, HORIZON, seed=1), guess)


def test_who_came_yesterday_has_no_score():
    whole, _ = shop()
    late = np.flatnonzero(whole.customer == whole.n_customers - 1)
    whole.day[late] = END - 14 + np.arange(len(late))
    assert np.isnan(expected(whole, END, HORIZON, seed=1)[-1])


def test_too_short_a_past():
    whole, _ = shop()
    first = int(whole.day.min())
    with pytest.raises(TrainingError, match="give more history"):
        expected(whole, first + max(CUTS_BEFORE_END) + 13, HORIZON, seed=1)
