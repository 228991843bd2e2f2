"""Metrics by hand on three users, and their edges."""

import numpy as np
import pytest

from training.metrics import KEYS, Truth, hits_of, measure, per_user, summary

# User 0 takes {1, 2}, had 1 before. User 1 takes {5, unknown}, had neither. User 2 takes {7}, had it before.
TRUTH = Truth(np.array([0, 2, 4, 5]), np.array([1, 2, 5, -1, 7], np.int32), np.array([True, False, False, False, True]))
RANKED = np.array([[1, 9, 2], [5, 6, -1], [1, 2, 3]])
GAIN = 1 / np.log2(np.arange(2, 5))


def test_whole_targets_by_hand():
    at = summary(RANKED, TRUTH, (1, 3))["k"]
    assert at["3"]["recall"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert at["3"]["hit_rate"] == pytest.approx(2 / 3)
    ideal = GAIN[0] + GAIN[1]
    assert at["3"]["ndcg"] == pytest.approx(((GAIN[0] + GAIN[2]) / ideal + GAIN[0] / ideal + 0) / 3)
    assert at["1"]["recall"] == pytest.approx((0.5 + 0.5) / 3)
    assert at["1"]["ndcg"] == pytest.approx((1 + 1 + 0) / 3), "the ideal gain is that of min(k, targets) items"
    assert at["1"]["ndcg_untruncated"] == pytest.approx((1 / ideal + 1 / ideal) / 3)


def test_parts_keep_the_ranking_and_count_only_users_who_have_that_part():
    found = summary(RANKED, TRUTH, (3,))
    assert found["repeat"]["3"]["recall"] == pytest.approx((1 + 0) / 2)
    assert found["explore"]["3"]["recall"] == pytest.approx((1 + 0.5) / 2)
    assert found["explore"]["3"]["ndcg"] == pytest.approx((GAIN[2] / GAIN[0] + GAIN[0] / (GAIN[0] + GAIN[1])) / 2)


def test_an_unknown_product_is_a_miss_even_beside_empty_places():
    truth = Truth(np.array([0, 1]), np.array([-1], np.int32), np.array([False]))
    assert summary(np.array([[-1, -1]]), truth, (2,))["k"]["2"] == dict.fromkeys(KEYS, 0.0)


def test_the_best_ranking_scores_one_and_nobody_scores_zero():
    truth = Truth(np.array([0, 3]), np.array([4, 5, 6], np.int32), np.ones(3, bool))
    assert summary(np.array([[6, 4, 5]]), truth, (3,))["k"]["3"] == dict.fromkeys(KEYS, 1.0)
    assert summary(np.array([[6, 4]]), truth, (2,))["k"]["2"]["ndcg"] == 1.0
    assert measure(np.zeros((0, 5), bool), np.zeros(0, np.int64)) == dict.fromkeys(KEYS, 0.0)
    assert summary(np.array([[6, 4]]), truth, (2,))["explore"]["2"]["recall"] == 0.0


def test_against_a_loop_over_sets():
    rng = np.random.default_rng(0)
    ranked = np.stack([rng.permutation(40)[:10] for _ in range(50)])
    baskets = [rng.choice(40, int(rng.integers(1, 9)), replace=False) for _ in range(50)]
    truth = Truth(
        np.concatenate([[0], np.cumsum([len(b) for b in baskets])]), np.concatenate(baskets).astype(np.int32),
        np.ones(sum(map(len, baskets)), bool),
    )  # fmt: skip
    recall = [len(set(r[:5]) & set(b)) / len(b) for r, b in zip(ranked, baskets, strict=True)]
    dcg = [
        sum(1 / np.log2(i + 2) for i, row in enumerate(r[:5]) if row in b) for r, b in zip(ranked, baskets, strict=True)
    ]
    ideal = [sum(1 / np.log2(i + 2) for i in range(min(5, len(b)))) for b in baskets]
    found = summary(ranked, truth, (5,))["k"]["5"]
    assert found["recall"] == pytest.approx(np.mean(recall))
    assert found["ndcg"] == pytest.approx(np.mean(np.array(dcg) / np.array(ideal)))


def test_a_users_own_metrics_are_what_the_mean_is_of():
    whole = np.ones(5, bool)
    sizes = TRUTH.sizes(whole)
    assert sizes.tolist() == [2, 2, 1]
    assert TRUTH.sizes(TRUTH.seen).tolist() == [1, 0, 1]
    own = per_user(hits_of(RANKED, TRUTH, whole), sizes)
    ideal = GAIN[0] + GAIN[1]
    first = [1, (GAIN[0] + GAIN[2]) / ideal, (GAIN[0] + GAIN[2]) / ideal, 1]
    np.testing.assert_allclose(own, [first, [0.5, GAIN[0] / ideal, GAIN[0] / ideal, 1], [0, 0, 0, 0]])
    assert summary(RANKED, TRUTH, (3,))["k"]["3"] == pytest.approx(dict(zip(KEYS, own.mean(axis=0), strict=True)))
    assert per_user(np.zeros((0, 3), bool), np.zeros(0, np.int64)).shape == (0, 4)


def test_weights_count_a_user_more_than_once_in_every_part():
    found = summary(RANKED, TRUTH, (3,), np.array([1.0, 3.0, 2.0]))
    assert found["k"]["3"]["recall"] == pytest.approx((1 + 3 * 0.5 + 0) / 6)
    assert found["repeat"]["3"]["recall"] == pytest.approx((1 + 2 * 0) / 3)
    assert found["explore"]["3"]["recall"] == pytest.approx((1 + 3 * 0.5) / 4)
