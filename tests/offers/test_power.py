import numpy as np
import pytest

from offers.moments import Moments
from offers.power import effect_at, expected_error, groups, smallest_effect


def test_by_hand():
    assert groups(1000, 0.05) == (950, 50)
    assert expected_error(100.0, 950, 50) == pytest.approx(100 * np.sqrt(1 / 950 + 1 / 50))
    assert expected_error(100.0, 950, 50, 0.75) == pytest.approx(expected_error(100.0, 950, 50) / 2)
    # 1.960 + 0.842 standard errors.
    assert effect_at(1.0) == pytest.approx(2.8016, abs=1e-3)


def test_what_the_days_before_say():
    rng = np.random.default_rng(1)
    earlier = rng.gamma(1.0, 300.0, 4000)
    before = earlier + rng.normal(0, 150, 4000)
    found = smallest_effect(Moments.of(before, earlier), 0.05)
    assert (found.n_treated, found.n_holdout) == (3800, 200)
    assert found.variance_removed == pytest.approx(np.corrcoef(before, earlier)[0, 1] ** 2)
    assert found.effect_cents == pytest.approx(2.8016 * found.error_cents, rel=1e-3)
    assert found.of_mean == pytest.approx(found.effect_cents / before.mean())
    alone = smallest_effect(Moments.of(before), 0.05)
    assert alone.variance_removed == 0.0
    assert found.effect_cents < 0.6 * alone.effect_cents


def test_a_share_of_nothing_is_not_told():
    assert smallest_effect(Moments.of(np.zeros(400)), 0.05).of_mean is None


@pytest.mark.parametrize(
    ("n", "share", "told"), [(199, 0.05, True), (180, 0.05, False), (1000, 0.0, False), (12, 0.5, False)]
)
def test_too_few_would_be_held_out(n, share, told):
    assert (smallest_effect(Moments.of(np.arange(float(n))), share) is not None) == told


def test_an_effect_of_that_size_is_found_four_times_in_five():
    rng, found = np.random.default_rng(2), 0
    effect = effect_at(expected_error(1.0, 380, 20))
    for _ in range(2000):
        difference = effect + rng.normal(0, expected_error(1.0, 380, 20))
        found += difference > 1.96 * expected_error(1.0, 380, 20)
    assert found / 2000 == pytest.approx(0.8, abs=0.03)
