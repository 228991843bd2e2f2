"""The bootstrap: it holds the truth as often as it says, resamples whole users, and pairs what met the same users."""

import numpy as np
import pytest

from training import intervals
from training.intervals import interval, resampled_means


def ends(values, **options):
    return interval(resampled_means(values, n_resamples=300, **options), len(values))


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    true, worlds = 0.2, 400
    held = 0
    for world in range(worlds):
        # Beta(0.5, 2): mean .2, most users near zero, as recall is.
        low, high = ends(rng.beta(0.5, 2.0, (150, 1)), seed=world)[:, 0]
        held += low <= true <= high
    assert 0.91 <= held / worlds <= 0.98


def test_its_width_is_that_of_the_normal_interval_where_that_holds():
    values = np.random.default_rng(2).random((4000, 1))
    low, high = interval(resampled_means(values, n_resamples=2000), 4000)[:, 0]
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(4000), rel=0.08)
    assert low < values.mean() < high


def test_a_paired_difference_is_surer_than_the_two_apart():
    rng = np.random.default_rng(3)
    hard = rng.random(500)
    mine, other = hard + 0.02 + rng.normal(0, 0.02, 500), hard
    both = resampled_means(np.stack([mine, other], axis=1))
    low, high = interval(both[:, :1] - both[:, 1:], 500, within=(-1, 1))[:, 0]
    apart = resampled_means(mine[:, None], seed=1) - resampled_means(other[:, None], seed=2)
    apart_low, apart_high = interval(apart, 500, within=(-1, 1))[:, 0]
    assert 0 < low < 0.02 < high, "every user is a little better off"
    assert apart_low < 0 < apart_high, "which the means apart cannot tell"
    assert high - low < (apart_high - apart_low) / 5


def test_columns_meet_the_same_resamples():
    values = np.random.default_rng(4).random((60, 2))
    means = resampled_means(np.stack([values[:, 0], values[:, 0], 1 - values[:, 0]], axis=1))
    np.testing.assert_array_equal(means[:, 0], means[:, 1])
    np.testing.assert_allclose(means[:, 0], 1 - means[:, 2])


def test_a_resample_draws_as_many_users_as_there_are():
    counts = np.concatenate(list(intervals._counts(7, 50, np.random.default_rng(5))))
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.max() > 1
    assert (counts == 0).any()
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.4), "every user is drawn alike"


def test_blocks_bound_the_memory_and_change_no_draw(monkeypatch):
    values = np.random.default_rng(6).random((100, 3))
    whole = resampled_means(values)
    monkeypatch.setattr(intervals, "_BLOCK", 1700)
    sizes = [len(block) for block in intervals._counts(100, 40, np.random.default_rng(0))]
    assert sizes == [17, 17, 6]
    np.testing.assert_allclose(resampled_means(values), whole)


def test_a_seed_repeats_itself_and_another_differs():
    values = np.random.default_rng(7).random((50, 1))
    np.testing.assert_array_equal(resampled_means(values, seed=1), resampled_means(values, seed=1))
    assert (resampled_means(values, seed=1) != resampled_means(values, seed=2)).any()


def test_weights_count_users_more_than_once_and_draw_them_alike():
    values = np.array([[0.0], [1.0], [1.0]])
    np.testing.assert_allclose(resampled_means(values, np.full(3, 5.0)), resampled_means(values))
    weights = np.array([3.0, 1.0, 1.0])
    means = resampled_means(values, weights)
    drawn = np.concatenate(list(intervals._counts(3, 1000, np.random.default_rng(intervals.SEED))))
    np.testing.assert_allclose(means[:, 0], (drawn[:, 1] + drawn[:, 2]) / (drawn @ weights))


@pytest.mark.parametrize("n_users", [0, 1])
def test_fewer_than_two_users_say_nothing(n_users):
    means = resampled_means(np.full((n_users, 2), 0.25))
    assert interval(means, n_users).tolist() == [[0.0, 0.0], [1.0, 1.0]]
    assert interval(means, n_users, within=(-1.0, 1.0)).tolist() == [[-1.0, -1.0], [1.0, 1.0]]


def test_two_users_are_enough_and_equal_ones_leave_no_width():
    low, high = ends(np.array([[0.0, 0.5], [1.0, 0.5]])).tolist()
    assert (low, high) == ([0.0, 0.5], [1.0, 0.5])


def test_a_narrower_level_lies_within():
    means = resampled_means(np.random.default_rng(8).random((80, 1)))
    low, high = interval(means, 80)[:, 0]
    inner_low, inner_high = interval(means, 80, level=0.5)[:, 0]
    assert low < inner_low < inner_high < high
    assert np.mean((means >= low) & (means <= high)) == pytest.approx(0.95, abs=0.005)
