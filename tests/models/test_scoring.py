from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.scoring import top_k, top_k_block

# Few distinct values, so that most draws hold ties; NaN, both infinities and both zeros among them.
VALUES = st.sampled_from([-np.inf, -2.5, -0.0, 0.0, 0.5, 1.0, 1.5, np.inf, np.nan])
SCORES = arrays(np.float32, array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=40), elements=VALUES)


def by_sorting(scores, k):
    eligible = [row for row in range(len(scores)) if not np.isnan(scores[row])]
    return sorted(eligible, key=lambda row: (-scores[row], row))[:k]


@given(SCORES, st.integers(0, 50))
def test_equals_sorting_everything(scores, k):
    rows = top_k(scores, k)
    assert rows.dtype == np.int64
    assert rows.tolist() == by_sorting(scores, k)


@given(arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(0, 20)), elements=VALUES), st.integers(0, 25))
def test_batch_equals_single(block, k):
    found = top_k_block(block, k)
    assert found.shape == (len(block), min(k, block.shape[1]))
    assert [[row for row in rows if row >= 0] for rows in found.tolist()] == [by_sorting(scores, k) for scores in block]


def test_equals_sorting_on_a_large_draw_with_many_ties():
    scores = np.random.default_rng(5).integers(0, 300, 20_000).astype(np.float32)
    scores[::7] = np.nan
    for k in (1, 20, 1_000, 19_999, 30_000):
        assert top_k(scores, k).tolist() == by_sorting(scores, k)


def test_ties_at_the_cut_go_to_the_lower_row():
    assert top_k(np.array([1.0, 3.0, 1.0, 2.0, 1.0], np.float32), 4).tolist() == [1, 3, 0, 2]


def test_nothing_eligible_gives_nothing():
    assert top_k(np.full(5, np.nan, np.float32), 3).tolist() == []
    assert top_k(np.empty(0, np.float32), 3).tolist() == []


def test_minus_infinity_is_a_score_and_nan_is_not():
    assert top_k(np.array([np.nan, -np.inf], np.float32), 2).tolist() == [1]


def test_the_scores_are_left_as_they_were():
    scores = np.array([3.0, np.nan, 1.0], np.float32)
    scores.flags.writeable = False
    assert top_k(scores, 2).tolist() == [0, 2]


def test_a_wrong_call_is_refused():
    with pytest.raises(ValueError, match="k -1 is below zero"):
        top_k(np.zeros(3, np.float32), -1)
    with pytest.raises(ValueError, match="2 dimensions"):
        top_k(np.zeros((3, 3), np.float32), 1)
