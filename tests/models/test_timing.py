from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.timing import daypart_of_hour, slot_density

OPEN = np.zeros(24, bool)
OPEN[7:19] = True
FLAT = np.ones(168, np.float32)
NONE = np.zeros(168, np.float32)


def week(**at: float) -> np.ndarray:
    """`week(d0h8=3.0)`: 3 purchases on Monday at 8."""
    counts = np.zeros((7, 24), np.float32)
    for slot, number in at.items():
        day, hour = slot[1:].split("h")
        counts[int(day), int(hour)] = number
    return counts.reshape(168)


@given(
    arrays(np.float32, 168, elements=st.floats(0, 100, width=32)),
    arrays(np.float32, 168, elements=st.floats(0, 1, width=32)),
    st.integers(0, 6), arrays(bool, 24), st.floats(0, 50),
)  # fmt: skip
def test_sums_to_one_over_open_hours_and_is_zero_elsewhere(counts, prior, weekday, open_hours, strength):
    density = slot_density(counts, prior, weekday, open_hours, strength)
    assert density.shape == (24,)
    assert density.dtype == np.float64
    assert (density >= 0).all()
    assert (density[~open_hours] == 0).all()
    assert density.sum() == pytest.approx(1.0 if open_hours.any() else 0.0)


def test_no_data_gives_the_prior_of_that_weekday_within_opening_hours():
    prior = week(d0h8=3, d0h9=1, d0h3=50, d1h12=9)
    density = slot_density(NONE, prior, 0, OPEN, 4.0)
    assert density[8] == pytest.approx(0.75)
    assert density[9] == pytest.approx(0.25)


@pytest.mark.parametrize("strength", [0.0, 4.0])
def test_no_data_and_no_prior_gives_an_even_day(strength):
    density = slot_density(NONE, week(d0h3=5), 0, OPEN, strength)
    np.testing.assert_allclose(density, OPEN / 12)


@pytest.mark.parametrize("strength", [5e-324, 1e-300, 1e-9])
def test_the_least_strength_still_gives_the_prior(strength):
    prior = week(d0h8=3, d0h9=1)
    np.testing.assert_array_equal(slot_density(NONE, prior, 0, OPEN, strength), slot_density(NONE, prior, 0, OPEN, 1.0))
    np.testing.assert_allclose(slot_density(NONE, NONE, 0, OPEN, strength), OPEN / 12)
    assert slot_density(week(d0h10=1), prior, 0, OPEN, strength)[10] == pytest.approx(1.0)


def test_all_closed_gives_zeros():
    assert slot_density(FLAT, FLAT, 0, np.zeros(24, bool), 1.0).tolist() == [0.0] * 24


def test_one_open_hour_takes_all():
    only = np.arange(24) == 11
    assert slot_density(week(d0h8=5), NONE, 0, only, 1.0)[11] == 1.0


def test_own_weekday_weighs_more_than_other_days_and_other_days_more_than_the_prior():
    own, other = week(d0h8=5), week(d1h8=5)
    by_own = slot_density(own, FLAT, 0, OPEN, 4.0)[8]
    by_other = slot_density(other, FLAT, 0, OPEN, 4.0)[8]
    by_prior = slot_density(NONE, FLAT, 0, OPEN, 4.0)[8]
    assert by_own == pytest.approx((5 + 4 / 12) / 9)
    assert by_own == pytest.approx(by_other), "one step each: the same evidence pulls the same way"
    both = slot_density(own + week(d1h12=5), FLAT, 0, OPEN, 4.0)
    assert both[8] > both[12] > by_prior


def test_own_counts_are_not_counted_twice():
    """Level 1 sees other days only: with none, it is the prior, and the blend is (5 + s·q) / (5 + s)."""
    assert slot_density(week(d2h10=5), FLAT, 2, OPEN, 3.0)[10] == pytest.approx((5 + 3 / 12) / 8)


def test_closed_hours_give_no_evidence():
    density = slot_density(week(d0h3=100, d0h8=1), FLAT, 0, OPEN, 1.0)
    assert density[3] == 0
    assert density[8] == pytest.approx((1 + 1 / 12) / 2)


def test_strength_zero_trusts_counts_alone():
    density = slot_density(week(d0h8=3, d0h9=1), FLAT, 0, OPEN, 0.0)
    assert density[8] == 0.75


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"counts": np.zeros(24)}, r"counts\[168\]"),
        ({"open_hours": np.zeros(168, bool)}, r"open_hours\[24\]"),
        ({"weekday": 7}, "weekday 7"),
        ({"weekday": -1}, "weekday -1"),
        ({"counts": week(d0h8=-1)}, "none below zero"),
        ({"prior": week(d0h8=np.nan)}, "finite counts and prior"),
        ({"strength": -1.0}, "strength -1"),
        ({"strength": np.nan}, "strength nan"),
    ],
)
def test_bad_input_is_refused(changes, message):
    usual = {"counts": NONE, "prior": FLAT, "weekday": 0, "open_hours": OPEN, "strength": 1.0}
    with pytest.raises(ValueError, match=message):
        slot_density(**{**usual, **changes})


def test_dayparts_are_half_open_and_may_wrap_midnight():
    table = daypart_of_hour([["day", 6, 22], ["night", 22, 6]])
    assert [int(table[hour]) for hour in (5, 6, 21, 22, 23, 0)] == [1, 0, 0, 1, 1, 1]
    assert daypart_of_hour([["all", 0, 24]]).tolist() == [0] * 24
    assert daypart_of_hour([["all", 0, 0]]).tolist() == [0] * 24


@pytest.mark.parametrize(
    ("dayparts", "message"),
    [
        ([["a", 0, 12], ["b", 11, 24]], "'b' overlaps"),
        ([["a", 0, 12], ["b", 13, 24]], "hour 12 is in no daypart"),
        ([], "hour 0 is in no daypart"),
        ([["a", 0, 25]], "not whole hours of one day"),
        ([["a", 0.5, 24]], "not whole hours"),
        ([["a", -1, 24]], "not whole hours"),
    ],
)
def test_dayparts_cover_every_hour_once(dayparts, message):
    with pytest.raises(ValueError, match=message):
        daypart_of_hour(dayparts)
