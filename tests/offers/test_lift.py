"""The lift's verdicts, and that its intervals hold: `bench/offers_lift.py` does it at length."""

import numpy as np
import pytest

from offers.lift import PEOPLE_PER_SQUARED_SKEW, REASONS, lift_of
from offers.moments import Moments
from offers.sequential import tuning


def spend(rng, n, days=28):
    """Cents before and after: a Poisson number of lognormal baskets, some people far keener than others."""
    keen = rng.gamma(0.7, 1 / 0.7, n) * 0.25 * days
    totals = []
    for _ in range(2):
        baskets = rng.poisson(keen)
        money = 100 * rng.lognormal(0, 0.6, baskets.sum())
        totals.append(np.bincount(np.repeat(np.arange(n), baskets), weights=money, minlength=n))
    return totals


@pytest.mark.parametrize(
    ("n_treated", "n_holdout", "reason"),
    [
        (0, 0, "not_started"),
        (20, 0, "no_holdout"),
        (20, 9, "too_few_people"),
        (9, 20, "too_few_people"),
        (20, 10, None),
    ],
)
def test_too_few_to_tell(n_treated, n_holdout, reason):
    rng = np.random.default_rng(1)
    found = lift_of(Moments.of(rng.normal(0, 1, n_treated)), Moments.of(rng.normal(0, 1, n_holdout)))
    assert (found.reason, found.state) == (reason, "cannot_conclude" if reason else "concluded")
    assert (found.lift is None) == (reason is not None)
    assert reason is None or reason in REASONS


def test_nobody_differs():
    assert lift_of(Moments.of(np.ones(30)), Moments.of(np.arange(30.0))).reason == "no_spread"
    assert lift_of(Moments.of(np.arange(30.0)), Moments.of(np.ones(30))).reason == "no_spread"


@pytest.mark.parametrize(("more", "reason"), [(-1, "too_skewed"), (1, None)])
def test_one_whale_is_no_proof(more, reason):
    """One in twenty brings 100, the rest nothing: a skew of 4.13 wants 34 people held out."""
    wanted = round(PEOPLE_PER_SQUARED_SKEW * 4.13**2)
    treated = Moments.of(np.tile([100.0] + [0.0] * 19, 100))
    held = np.zeros(wanted + more)
    held[:2] = 100.0
    assert lift_of(treated, Moments.of(held)).reason == reason


def test_the_sides_of_zero():
    rng = np.random.default_rng(2)
    y = rng.normal(100, 10, 600)
    tuned = tuning(1.0, 600)
    verdicts = [lift_of(Moments.of(y[:500] + by), Moments.of(y[500:]), tuned).verdict for by in (-20, 0, 20)]
    assert verdicts == ["loss", "unclear", "gain"]
    # Without an interval for every look nothing is decided.
    assert lift_of(Moments.of(y[:500] + 20), Moments.of(y[500:])).verdict == "unclear"


def test_everything_told_hangs_together():
    rng = np.random.default_rng(3)
    before, after = spend(rng, 2000)
    held = rng.random(2000) < 0.05
    sides = [Moments.of(after[side] + 50 * ~held[side], before[side]) for side in (~held, held)]
    found = lift_of(*sides, tuned=tuning(40.0, 2000))
    plain = lift_of(*sides, use_before=False)
    assert found.always_low < found.low < found.lift < found.high < found.always_high
    assert found.relative_low < found.relative < found.relative_high
    assert 0.5 < found.variance_removed < 1.0 == 1.0 - plain.variance_removed
    assert found.smallest_effect < plain.smallest_effect


def test_the_interval_covers_the_truth():
    """400 campaigns of 2,000 people, 100 held out, no effect: skewed money, with and without what was known before."""
    rng, hits = np.random.default_rng(4), np.zeros(2)
    for _ in range(400):
        before, after = spend(rng, 2000)
        held = rng.random(2000) < 0.05
        sides = [Moments.of(after[side], before[side]) for side in (~held, held)]
        found = [lift_of(*sides, use_before=use) for use in (False, True)]
        hits += [each.low <= 0 <= each.high for each in found]
    # Four standard errors of a share of .95 over 400 are .044.
    assert (hits / 400 > 0.925).all()
    assert (hits / 400 < 0.98).all()
