"""The exact score doesn't depend on company, and bounds the fast one."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rescoring import below, exact, length_of, lengths, rounding
from tests.models.some_factors import KINDS, draw


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.integers(1, 70))
def test_a_score_does_not_depend_on_company(seed, kind, f):
    rng = np.random.default_rng(seed)
    factors, users = draw(kind, 30, f, rng), draw(kind, 3, f, rng)
    alone = [exact(factors, np.array([row]), users[1])[0] for row in range(30)]
    np.testing.assert_array_equal(exact(factors, np.arange(30), users[1]), alone)
    turned = rng.permutation(30)
    np.testing.assert_array_equal(exact(factors, turned, users[1]), np.array(alone)[turned])
    of = np.full(30, 1)
    np.testing.assert_array_equal(exact(factors, np.arange(30), users, of), alone)
    assert all(math.isfinite(score) for score in alone)


def test_more_than_one_helping():
    rng = np.random.default_rng(1)
    factors, user = draw("gauss", 3_000, 5, rng), draw("gauss", 1, 5, rng)[0]
    np.testing.assert_allclose(exact(factors, np.arange(3_000), user), factors.astype(float) @ user.astype(float))


@settings(max_examples=200)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["gauss", "fading", "denormal", "mixed"]), st.integers(1, 70))
def test_the_fast_product_lies_within_its_rounding(seed, kind, f):
    rng = np.random.default_rng(seed)
    factors, user = draw(kind, 40, f, rng), draw("gauss", 1, f, rng)[0]
    fast, length = factors @ user, lengths(factors) * length_of(user)
    for row in range(40):
        true = sum(
            (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(factors[row], user, strict=True)), Fraction(0)
        )
        assert abs(Fraction(float(fast[row])) - true) < Fraction(float(rounding(f, float(length[row]))))


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS))
def test_a_length_is_never_too_short(seed, kind):
    factors = draw(kind, 5, 7, np.random.default_rng(seed))
    for row, length in zip(factors, lengths(factors), strict=True):
        true = sum((Fraction(float(value)) ** 2 for value in row), Fraction(0))
        assert Fraction(float(length)) ** 2 >= true
        assert Fraction(length_of(row)) ** 2 >= true
        assert length <= math.sqrt(true) * (1 + 1e-11)


def test_below_is_below():
    for bound in (1.0, 1.0 + 1e-12, 1.0 + 2.0**-24, -1.0, 0.0, 1e-60, -1e-60, 1e-38, -1e30):
        assert bound * (1 - 1e-6 * math.copysign(1, bound)) - 1e-37 < float(np.float32(below(bound))) < bound
