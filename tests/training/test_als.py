"""Item factors: the checkerboard's answer, repeatable, equal to the serving fold-in, and a plain word when they diverge."""

import numpy as np
import pytest

from models.foldin import fold_in
from tests.training.folded import histories
from training import als
from training.errors import TrainingError
from training.recipe import Recipe

SMALL = Recipe(als_factors=4, als_iterations=15, als_regularization=0.1)


def checkerboard():
    """Even users buy even products, each but one."""
    rows = [(f"u{u}", f"p{p}", 0) for u in range(8) for p in range(8) if u % 2 == p % 2 and p // 2 != u // 2]
    return histories(rows)


def test_even_users_get_the_even_product_they_lack():
    board = checkerboard()
    factors = als.fit_items(board, SMALL)
    assert (factors.shape, factors.dtype) == ((8, 4), np.float32)
    gram = (factors.T @ factors).astype(np.float32)
    for user in range(8):
        own = board.rows[board.indptr[user] : board.indptr[user + 1]]
        scores = factors @ fold_in(factors, gram, own, np.ones(len(own), np.float32), SMALL.als_regularization)
        scores[own] = -np.inf
        assert board.products[int(np.argmax(scores))] == f"p{user}"


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    board = checkerboard()
    one, two = als.fit_items(board, SMALL), als.fit_items(board, SMALL)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, als.fit_items(board, Recipe(als_factors=4, als_iterations=15, seed=1)))


def test_factors_that_are_not_finite_say_what_to_change():
    with pytest.raises(TrainingError, match=r"ALS diverged: .* lower als_alpha \(now 1e\+38\)"):
        als.fit_items(checkerboard(), Recipe(als_factors=4, als_alpha=1e38))


def test_no_thread_setting_of_ours_leaks():
    from threadpoolctl import threadpool_info

    before = [pool["num_threads"] for pool in threadpool_info()]
    als.fit_items(checkerboard(), SMALL)
    known = {pool["filepath"] for pool in threadpool_info()}
    after = [pool["num_threads"] for pool in threadpool_info() if pool["filepath"] in known]
    assert after[: len(before)] == before
