import numpy as np
import pytest
from scipy import stats

from offers.contrast import contrast, interval, relative, slope
from offers.moments import Moments
from offers.quantiles import t_quantile


def groups(seed, n_treated=300, n_holdout=40):
    rng = np.random.default_rng(seed)
    x = rng.normal(500, 100, n_treated + n_holdout)
    y = 2.0 * x + rng.normal(0, 50, len(x))
    return (y[:n_treated], x[:n_treated]), (y[n_treated:], x[n_treated:])


def test_without_skew_it_is_welchs_interval():
    (y_t, _), (y_h, _) = groups(1)
    # Mirrored, so that nothing is skewed.
    y_t, y_h = (np.concatenate((y, 2 * y.mean() - y)) for y in (y_t, y_h))
    found = contrast(Moments.of(y_t), Moments.of(y_h))
    theirs = stats.ttest_ind(y_t, y_h, equal_var=False).confidence_interval(0.95)
    assert found.skew == pytest.approx(0.0, abs=1e-6)
    assert interval(found, t_quantile(0.975, found.df)) == pytest.approx((theirs.low, theirs.high), rel=1e-3)


def test_the_slope_is_the_one_within_the_groups():
    """Groups far apart in both numbers: over both, the slope would be another."""
    treated, holdout = Moments.of([0, 2, 4, 2.0], [0, 1, 2, 1.0]), Moments.of([100, 102, 104, 102.0], [0, 1, 2, 1.0])
    assert slope(treated, holdout) == pytest.approx(2.0)
    assert slope(Moments.of([1, 2, 3.0]), Moments.of([1, 2, 3.0])) == 0.0


def test_what_was_known_before_is_taken_out():
    treated, holdout = (Moments.of(*group) for group in groups(2))
    plain, found = contrast(treated, holdout), contrast(treated, holdout, slope(treated, holdout))
    assert found.error < 0.3 * plain.error
    # y is 2 x and no effect: what is left of the difference is noise of 50 a person.
    assert abs(found.difference) < 25


@pytest.mark.parametrize("sign", [1, -1])
def test_a_skewed_holdout_turns_the_interval_to_its_rare_side(sign):
    """A long tail above: the holdout's mean is likelier too low than too high, so the lift is likelier too high."""
    rng = np.random.default_rng(3)
    treated, holdout = (Moments.of(sign * rng.lognormal(0, 1, n)) for n in (2000, 100))
    found = contrast(treated, holdout)
    low, high = interval(found, 2.0)
    below, above = found.difference - low, high - found.difference
    assert (below > above) == (sign > 0)
    assert found.people_skew * sign > 1


def test_a_ratio_agrees_with_its_simulation():
    found = contrast(*(Moments.of(*group) for group in groups(4)))
    low, high = relative(found, 1.96)
    rng = np.random.default_rng(0)
    draws = rng.normal(found.mean_treated, found.var_treated**0.5, 200_000) / rng.normal(
        found.mean_holdout, found.var_holdout**0.5, 200_000
    )
    assert (low, high) == pytest.approx(tuple(np.quantile(draws - 1, (0.025, 0.975))), abs=2e-3)


def test_a_ratio_to_what_may_be_nothing_is_none():
    treated = Moments.of(np.arange(20.0))
    assert relative(contrast(treated, Moments.of(np.arange(-9.0, 11.0))), 1.96) is None
    assert relative(contrast(treated, Moments.of(-np.arange(20.0))), 1.96) is None
    assert relative(contrast(treated, Moments.of(np.arange(20.0))), 1.96) is not None


def test_the_skew_of_the_difference_by_hand():
    """Third central moment of a mean of n: γσ³/n²; the holdout's enters with a minus, and its small n rules."""
    rng = np.random.default_rng(6)
    y_t, y_h = rng.lognormal(0, 1, 900), 2 * rng.lognormal(0, 1, 60)
    found = contrast(Moments.of(y_t), Moments.of(y_h))
    var_t, var_h = y_t.var(ddof=1), y_h.var(ddof=1)
    thirds = sum(stats.moment(y, 3) * len(y) ** 3 / ((len(y) - 1) * (len(y) - 2)) for y in (y_t, y_h))
    pooled = (899 * var_t + 59 * var_h) / 958
    gamma = thirds / 960 / pooled**1.5
    error = np.sqrt(var_t / 900 + var_h / 60)
    assert found.people_skew == pytest.approx(gamma)
    assert found.skew == pytest.approx(gamma * (var_t**1.5 / 900**2 - var_h**1.5 / 60**2) / error**3)
    assert found.skew < 0
