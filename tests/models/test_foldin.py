from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from models.foldin import fold_in, normal_equations
from tests.models import checkerboard


@pytest.mark.parametrize(("factors", "alpha", "regularization"), [(4, 1.0, 0.01), (16, 2.5, 0.1), (8, 40.0, 5.0)])
def test_equals_implicit_recalculate_user(factors, alpha, regularization):
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.15, (60, 40)).astype(np.float32) * rng.uniform(0.2, 3.0, (60, 40)).astype(np.float32)
    matrix = csr_matrix(counts)
    model = AlternatingLeastSquares(
        factors=factors, alpha=alpha, regularization=regularization, iterations=5, random_state=7, use_gpu=False,
        num_threads=1,
    )  # fmt: skip
    model.fit(matrix, show_progress=False)
    gram = (model.item_factors.T @ model.item_factors).astype(np.float32)
    for user in range(matrix.shape[0]):
        row = matrix[user]
        ours = fold_in(model.item_factors, gram, row.indices, alpha * row.data, regularization)
        np.testing.assert_allclose(ours, model.recalculate_user(user, row), atol=1e-4)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.01, 50.0))
def test_solves_the_weighted_least_squares_it_stands_for(seed, n_rows, confidence):
    """x minimises Σ_j c_j (p_j - x·y_j)² + λ|x|²: the gradient there is zero."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(12, 3)).astype(np.float32)
    rows = rng.permutation(12)[:n_rows].astype(np.int32)
    weight = np.ones(12)
    weight[rows] = confidence
    wanted = np.zeros(12)
    wanted[rows] = 1.0
    x = fold_in(factors, factors.T @ factors, rows, np.full(n_rows, confidence, np.float32), 0.3).astype(np.float64)
    gradient = factors.T @ (weight * (factors @ x - wanted)) + 0.3 * x
    np.testing.assert_allclose(gradient, 0.0, atol=2e-3 * max(1.0, confidence))


def test_no_history_gives_zeros():
    factors = np.eye(3, dtype=np.float32)
    assert fold_in(factors, factors, np.empty(0, np.int32), np.empty(0, np.float32), 0.1).tolist() == [0, 0, 0]


def test_one_item_by_hand():
    """One factor, gram 1, c = 3, λ = 1: A = 1 + 2·1 + 1 = 4, b = 3."""
    one = np.ones((1, 1), dtype=np.float32)
    matrix, right = normal_equations(one, one, np.zeros(1, np.int32), np.array([3.0], np.float32), 1.0)
    assert (matrix.item(), right.item()) == (4.0, 3.0)
    assert fold_in(one, one, np.zeros(1, np.int32), np.array([3.0], np.float32), 1.0).item() == 0.75


def test_the_gram_matrix_is_left_as_it_was():
    gram = np.eye(2, dtype=np.float64)
    normal_equations(np.eye(2, dtype=np.float32), gram, np.zeros(1, np.int32), np.ones(1, np.float32), 9.0)
    assert gram.tolist() == [[1, 0], [0, 1]]


def test_checkerboard_even_users_like_even_items():
    arrays = checkerboard.arrays()
    for user in range(checkerboard.N_USERS):
        rows = np.flatnonzero(checkerboard.interactions()[user]).astype(np.int32)
        x = fold_in(arrays["als_factors"], arrays["als_gram"], rows, np.full(len(rows), 2.0, np.float32), 0.5)
        liked = arrays["als_factors"][:-1] @ x
        own = np.arange(checkerboard.N_PRODUCTS) % 2 == user % 2
        assert liked[own].min() > liked[~own].max()
