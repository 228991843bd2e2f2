from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.response import redeem_probability, sigmoid


def logit(p):
    return np.log(p / (1 - p))


def test_equals_the_formula():
    p, share = np.array([0.02, 0.3, 0.9]), np.array([0.1, 0.25, 0.5])
    np.testing.assert_allclose(redeem_probability(p, share, 3.0), 1 / (1 + np.exp(-(logit(p) + 3.0 * share))))


def test_no_discount_or_no_slope_gives_p_back():
    p = np.linspace(0, 1, 11)
    np.testing.assert_allclose(redeem_probability(p, 0.0, 5.0), p)
    np.testing.assert_allclose(redeem_probability(p, 0.5, 0.0), p)


def test_the_ends_stay_and_no_score_stays_no_score():
    assert redeem_probability(0.0, 1.0, 800.0) == 0.0
    assert redeem_probability(1.0, 1.0, -800.0) == 1.0
    assert np.isnan(redeem_probability(np.nan, 0.5, 2.0))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1000))
def test_a_deeper_discount_never_lowers_the_chance(p, one, other, slope):
    low, high = redeem_probability(p, [min(one, other), max(one, other)], slope)
    assert 0.0 <= low <= high + 1e-12
    assert high <= 1.0


def test_broadcasts_users_by_depths():
    assert redeem_probability(np.full((3, 1), 0.2), np.array([0.0, 0.1]), 2.0).shape == (3, 2)


@pytest.mark.parametrize(
    ("p", "share", "slope", "message"),
    [(1.1, 0, 1, "p_buy"), (-0.1, 0, 1, "p_buy"), (0.5, 1.01, 1, "discount_share"), (0.5, -0.01, 1, "discount_share"),
     (0.5, np.nan, 1, "discount_share"), (0.5, 0.5, np.inf, "slope inf")],
)  # fmt: skip
def test_out_of_range_is_refused(p, share, slope, message):
    with pytest.raises(ValueError, match=message):
        redeem_probability(p, share, slope)


def test_sigmoid_without_overflow():
    with np.errstate(all="raise", under="ignore"):
        values = sigmoid(np.array([-1000.0, -2.0, 0.0, 2.0, 1000.0, np.nan]))
    np.testing.assert_allclose(values[:5], [0.0, 1 / (1 + np.exp(2)), 0.5, 1 / (1 + np.exp(-2)), 1.0])
    assert np.isnan(values[5])
