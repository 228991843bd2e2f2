import numpy as np
import pytest

from offers.lift import lift_of
from offers.moments import Moments
from offers.power import effect_at, expected_error, groups, smallest_effect


def test_by_hand():
    assert groups(1000, 0.05) == (950, 50)
    assert expected_error(100.0, 950, 50) == pytest.approx(100 * np.sqrt(1 / 950 + 1 / 50))
    assert expected_error(100.0, 950, 50, 0.75) == pytest.approx(expected_error(100.0, 950, 50) / 2)
    # 1.960 + 0.842 standard errors; more with few people, and more where the holdout has a long tail above.
    assert effect_at(1.0, 1e6, 0.0) == pytest.approx(2.8016, abs=1e-3)
    assert effect_at(2.0, 1e6, 0.0) == pytest.approx(5.6032, abs=2e-3)
    assert effect_at(1.0, 20, 0.0) == pytest.approx(2.086 + 0.8416, abs=2e-3)
    assert effect_at(1.0, 1e6, 0.3) < effect_at(1.0, 1e6, 0.0) < effect_at(1.0, 1e6, -0.3)


def test_what_the_days_before_say():
    rng = np.random.default_rng(1)
    earlier = rng.gamma(1.0, 300.0, 4000)
    before = earlier + rng.normal(0, 150, 4000)
    found = smallest_effect(Moments.of(before, earlier), 0.05)
    assert (found.n_treated, found.n_holdout) == (3800, 200)
    assert found.variance_removed == pytest.approx(np.corrcoef(before, earlier)[0, 1] ** 2)
    # The noise about what came earlier is even, so only the 200 people's Student adds to 2.80 standard errors.
    assert found.effect_cents == pytest.approx((1.972 + 0.8416) * found.error_cents, rel=0.01)
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


def test_a_long_tail_asks_for_a_larger_effect():
    rng = np.random.default_rng(3)
    even, tailed = rng.normal(0, 1, 2000), rng.lognormal(0, 0.8, 2000)
    factors = [
        found.effect_cents / found.error_cents
        for found in (smallest_effect(Moments.of(y), 0.05) for y in (even, tailed))
    ]
    assert factors[0] == pytest.approx(1.984 + 0.8416, abs=0.05)
    assert factors[1] > factors[0] + 0.2


def test_an_effect_of_that_size_is_found_four_times_in_five():
    """600 campaigns of 2,000 people whose money has a long tail, by the lift itself."""
    rng, found = np.random.default_rng(2), 0
    for _ in range(600):
        keen, held = rng.gamma(1.0, 100.0, 2000), rng.random(2000) < 0.05
        earlier, before, after = (keen + rng.exponential(80.0, 2000) for _ in range(3))
        effect = smallest_effect(Moments.of(before, earlier), float(held.mean())).effect_cents
        lift = lift_of(*(Moments.of(after[side] + effect * ~held[side], before[side]) for side in (~held, held)))
        found += lift.low > 0
    # Three standard errors of a share of .8 over 600 are .049.
    assert found / 600 == pytest.approx(0.8, abs=0.05)
