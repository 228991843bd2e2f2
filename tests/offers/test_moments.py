import numpy as np
import pytest

from offers.moments import MIN_PEOPLE, Moments


def people(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.gamma(0.5, 200.0, n)
    return 1e6 + x + rng.normal(0, 30, n), x


def test_two_groups_added_are_the_one_group():
    y, x = people(1, 90)
    whole = Moments.of(y, x)
    # Unequal parts, one of them of nobody.
    added = Moments.of(y[:7], x[:7]) + Moments.of([], []) + Moments.of(y[7:], x[7:])
    assert (added.n, added.mean_y, added.mean_x) == pytest.approx((whole.n, whole.mean_y, whole.mean_x))
    np.testing.assert_allclose(added.sums, whole.sums, rtol=1e-9, atol=1e-3)
    assert (Moments.of([]) + Moments.of([])).n == 0


def test_adjusted_is_what_the_adjusted_numbers_say_of_themselves():
    y, x = people(2, 60)
    mean, variance, third = Moments.of(y, x).adjusted(0.8, 100.0)
    z = y - 0.8 * (x - 100.0)
    off = z - z.mean()
    assert mean == pytest.approx(z.mean())
    assert variance == pytest.approx(z.var(ddof=1))
    assert third == pytest.approx((off**3).sum() * 60 / (59 * 58), rel=1e-6)


def test_few_people_are_not_told_of():
    assert not Moments.of(np.ones(MIN_PEOPLE - 1)).k_anonymous
    assert Moments.of(np.ones(MIN_PEOPLE)).k_anonymous


@pytest.mark.parametrize(("y", "x"), [([1.0, np.nan], None), ([1.0], [1.0, 2.0]), ([[1.0]], None), ([1.0], [np.inf])])
def test_what_is_no_column_is_refused(y, x):
    with pytest.raises(ValueError, match="finite columns"):
        Moments.of(y, x)
