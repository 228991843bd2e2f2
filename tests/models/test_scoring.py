from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models import scoring
from models.scoring import in_order, kth_of_peaks, top_k, top_k_block
from models.scratch import Scratch

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


@given(SCORES, st.integers(0, 50), st.integers(0, 2**32 - 1))
def test_what_is_struck_out_is_as_if_it_had_no_score(scores, k, seed):
    eligible = np.random.default_rng(seed).random(len(scores)) < 0.5
    wanted = by_sorting(np.where(eligible, scores, np.float32(np.nan)), k)
    scratch = Scratch()
    assert top_k(scores, k, eligible, scratch).tolist() == wanted
    assert top_k(scores, k, ~eligible, scratch).tolist() == by_sorting(np.where(eligible, np.nan, scores), k)
    block = np.stack([scores, scores])
    masks = np.stack([eligible, ~eligible])
    assert [row for row in top_k_block(block, k, eligible, scratch)[1].tolist() if row >= 0] == wanted
    assert [row for row in top_k_block(block, k, masks, scratch)[0].tolist() if row >= 0] == wanted
    other = by_sorting(np.where(eligible, np.nan, scores), k)
    assert [row for row in top_k_block(block, k, masks)[1].tolist() if row >= 0] == other


@given(SCORES.filter(lambda scores: len(scores) and not np.isnan(scores).any()), st.integers(1, 7))
def test_the_peaks_never_promise_too_much(scores, k):
    room = np.empty(len(scores) + 8, np.float32)
    room[: len(scores)] = scores
    least = kth_of_peaks(room, len(scores), 8, k)
    assert np.count_nonzero(scores >= least) >= min(k, len(scores)) or least == -np.inf
    assert len(scores) < k or least <= np.sort(scores)[-k]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([-1.0, 0.0, 0.5]), st.integers(0, 9)), max_size=30))
def test_the_order_is_by_user_then_score_then_row(told):
    user, score, row = (
        (np.array(column) for column in zip(*told, strict=True)) if told else (np.empty(0, np.int64),) * 3
    )
    order = in_order(user, score.astype(float), row)
    assert [told[place] for place in order.tolist()] == sorted(told, key=lambda one: (one[0], -one[1], one[2]))


def test_equals_sorting_on_a_large_draw_with_many_ties():
    scores = np.random.default_rng(5).integers(0, 300, 20_000).astype(np.float32)
    scores[::7] = np.nan
    for k in (1, 20, 1_000, 19_999, 30_000):
        assert top_k(scores, k).tolist() == by_sorting(scores, k)


def test_equals_sorting_by_the_peaks_of_groups(monkeypatch):
    monkeypatch.setattr(scoring, "_MANY", 8)

    @settings(max_examples=300, deadline=None)
    @given(arrays(np.float32, st.integers(32, 90), elements=st.one_of(VALUES, st.floats(-9, 9, width=32))))
    def check(scores):
        assert top_k(scores, 1).tolist() == by_sorting(scores, 1)

    check()
    monkeypatch.setattr(scoring, "_MANY", 24)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        scores = rng.standard_normal(rng.integers(96, 200)).astype(np.float32)
        scores[rng.random(len(scores)) < rng.choice([0.0, 0.3, 0.95])] = rng.choice([np.nan, -np.inf, 1.0])
        for k in (1, 2, 3):
            assert top_k(scores, k).tolist() == by_sorting(scores, k)
            shown = rng.random(len(scores)) < 0.5
            assert top_k(scores, k, shown).tolist() == by_sorting(np.where(shown, scores, np.nan), k)


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
    with pytest.raises(ValueError, match="k -1 is below zero"):
        top_k_block(np.zeros((3, 3), np.float32), -1)
    with pytest.raises(ValueError, match="1 dimensions"):
        top_k_block(np.zeros(3, np.float32), 1)
