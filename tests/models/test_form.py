from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.form import Form

RANGES = np.array([[-1, 1, 0.25], [0, 2, 0.5], [-4, -1, -2], [0.5, 0.75, 0.5]], np.float32)
HALF = np.array(
    [[0.5, 0, 0, 0, 0], [0.25, -1, 0, 0, 0], [-0.75, 2, 0.125, 0, 0], [1, -0.5, 0.25, 3, 0], [1, -2, 0.5, 0.25, -0.75]]
)
MATRIX = (HALF + np.tril(HALF, -1).T).astype(np.float32)
FORM = Form.of(("a", "b", "c", "d"), RANGES, MATRIX)
CENTRES = RANGES[:, 2]
VALUES = arrays(np.float32, (3, 4), elements=st.floats(-8, 8, width=32))


def by_hand(values: list[float]) -> float:
    """[z 1] · M · [z 1]ᵀ, pair by pair."""
    z = [min(max(t, low), high) - centre for t, (low, high, centre) in zip(values, RANGES.tolist(), strict=True)]
    z, total = [*z, 1.0], 0.0
    for i, left in enumerate(z):
        for j, right in enumerate(z):
            total += left * MATRIX.tolist()[i][j] * right
    return total


@given(VALUES)
def test_the_score_is_the_double_loop(values):
    score = FORM.score(values)
    assert score.dtype == np.float32
    np.testing.assert_allclose(score, [by_hand(row) for row in values.tolist()], rtol=1e-5, atol=1e-4)


@given(VALUES)
def test_the_shares_and_the_constant_are_the_score(values):
    shares = FORM.shares(values)
    assert shares.shape == (3, 4)
    assert shares.dtype == np.float64
    np.testing.assert_allclose(shares.sum(axis=1) + MATRIX[-1, -1], FORM.score(values), rtol=1e-5, atol=1e-4)


@given(VALUES)
def test_the_shares_are_the_shapley_values(values):
    """Mean over all orders of what a term adds to the terms before it, those after it at their centres."""
    for row, shares in zip(values.tolist(), FORM.shares(values).tolist(), strict=True):
        for term in range(4):
            others, share = [other for other in range(4) if other != term], 0.0
            for size in range(4):
                weight = factorial(size) * factorial(3 - size) / factorial(4)
                for told in combinations(others, size):
                    share += weight * (worth(row, {*told, term}) - worth(row, set(told)))
            assert shares[term] == pytest.approx(share, rel=1e-5, abs=1e-4)


def worth(row: list[float], told: set[int]) -> float:
    return by_hand([value if term in told else float(CENTRES[term]) for term, value in enumerate(row)])


def test_nothing_counts_beyond_either_end_of_a_range():
    low, high = RANGES[:, 0], RANGES[:, 1]
    values = np.stack([low, low - 1, low - 1000, high, high + 1, high + 1000])
    scores = FORM.score(values)
    assert scores[0] == scores[1] == scores[2] != scores[3] == scores[4] == scores[5]
    np.testing.assert_array_equal(FORM.standing(values)[1], low - CENTRES)
    np.testing.assert_array_equal(FORM.standing(values)[4], high - CENTRES)
    inside = np.stack([low + np.float32(0.125), high - np.float32(0.125)])
    assert not np.isin(FORM.score(inside), scores).any(), "just inside it does count"


def test_one_term_at_a_time_is_clipped():
    for term in range(4):
        values = np.tile(CENTRES, (3, 1))
        values[:, term] = RANGES[term, 1] + np.array([-0.125, 0, 5], np.float32)
        inside, edge, beyond = FORM.score(values)
        assert inside != edge == beyond


def test_a_row_at_the_centre_gets_the_constant():
    assert FORM.score(CENTRES[None]).tolist() == [-0.75]
    assert not FORM.shares(CENTRES[None]).any()


def test_the_values_are_left_as_they_were():
    values = np.full((2, 4), 9.0, np.float32)
    FORM.score(values)
    FORM.shares(values)
    assert (values == 9.0).all()


def test_no_rows_and_no_terms():
    assert FORM.score(np.empty((0, 4), np.float32)).shape == (0,)
    empty = Form.of((), np.empty((0, 3), np.float32), np.full((1, 1), 0.5, np.float32))
    assert empty.score(np.empty((3, 0), np.float32)).tolist() == [0.5, 0.5, 0.5]
    assert empty.shares(np.empty((3, 0), np.float32)).shape == (3, 0)


@given(VALUES)
def test_a_part_is_the_form_with_the_rest_at_their_centres(values):
    part = FORM.part(("d", "b", "elsewhere"))
    assert part.terms == ("b", "d"), "in the order of the form"
    resting = values.copy()
    resting[:, [0, 2]] = CENTRES[[0, 2]]
    np.testing.assert_allclose(part.score(values[:, [1, 3]]), FORM.score(resting), rtol=1e-5, atol=1e-5)
