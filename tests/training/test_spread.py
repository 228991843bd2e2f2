"""Groups by activity, coverage and the lean to what sells, on a contest written by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from training.contest import Contest
from training.metrics import Truth
from training.spread import by_activity, coverage, popularity_bias

PRODUCTS = list("abcde")
NOTHING = np.full((4, 2), -1)
# Row by row: a user's target is the product of the same number. The model is right for users 2 and 3, counting for user 0.
HELD = Contest(
    users=["u0", "u1", "u2", "u3"],
    products=PRODUCTS,
    truth=Truth(np.arange(5), np.arange(4, dtype=np.int32), np.ones(4, bool)),
    rankings={
        "model": np.array([[4, -1], [4, 3], [2, 3], [1, 3]]),
        "global_popularity": NOTHING,
        "personal_frequency": NOTHING,
        "personal_then_popular": np.array([[0, 1], [0, 2], [0, 1], [0, 1]]),
    },
    n_visits=np.array([1, 2, 3, 4]),
    popular=np.array([0, 1, 2, 3]),
    n_unknown_products=0,
)


def with_visits(*visits):
    return replace(HELD, n_visits=np.array(visits))


def groups(held):
    return [(group["visits"], group["n_users"]) for group in by_activity(held, (2,))]


def test_quarters_of_the_users_by_visits_with_their_own_figures():
    found = by_activity(HELD, (1, 2))
    assert groups(HELD) == [([1, 1], 1), ([2, 2], 1), ([3, 3], 1), ([4, 4], 1)]
    assert [group["model"]["2"]["recall"] for group in found] == [0, 0, 1, 1]
    assert [group["model"]["1"]["recall"] for group in found] == [0, 0, 1, 0]
    assert [group["personal_then_popular"]["2"]["hit_rate"] for group in found] == [1, 0, 0, 0]


def test_a_group_is_the_mean_of_its_users():
    lazy, keen = by_activity(with_visits(1, 1, 9, 1), (2,))
    assert (lazy["visits"], lazy["n_users"]) == ([1, 1], 3)
    assert (keen["visits"], keen["n_users"]) == ([9, 9], 1)
    assert lazy["model"]["2"]["recall"] == pytest.approx(1 / 3)
    assert lazy["personal_then_popular"]["2"]["recall"] == pytest.approx(1 / 3)
    assert keen["model"]["2"]["recall"] == 0 + 1


def test_equally_keen_users_stay_together():
    assert groups(with_visits(5, 5, 5, 5)) == [([5, 5], 4)]
    assert groups(with_visits(0, 7, 7, 7)) == [([0, 0], 1), ([7, 7], 3)]


def test_groups_hold_every_user_once_and_do_not_overlap():
    rng = np.random.default_rng(0)
    n = 1000
    many = Contest(
        [f"u{i}" for i in range(n)], PRODUCTS, Truth(np.arange(n + 1), np.zeros(n, np.int32), np.ones(n, bool)),
        {name: np.zeros((n, 1), np.int64) for name in HELD.rankings}, rng.geometric(0.1, n), HELD.popular, 0,
    )  # fmt: skip
    found = groups(many)
    assert sum(count for _, count in found) == n
    assert len(found) == 4
    assert all(count > n / 6 for _, count in found)
    flat = [edge for bounds, _ in found for edge in bounds]
    assert flat == sorted(flat)
    assert all(before[1] < after[0] for (before, _), (after, _) in pairwise(found))


def test_coverage_counts_products_that_anybody_is_shown():
    assert coverage(HELD, "model", (1, 2)) == {"1": 3 / 5, "2": 4 / 5}
    assert coverage(HELD, "personal_then_popular", (1, 2)) == {"1": 1 / 5, "2": 3 / 5}
    assert coverage(HELD, "personal_frequency", (2,)) == {"2": 0.0}


def test_the_lean_to_what_sells():
    # Percentiles: a 1, b .75, c .5, d .25, e (never sold) 0.
    found = popularity_bias(HELD, (1, 2))
    assert found["1"]["recommended"] == pytest.approx((0 + 0 + 0.5 + 0.75) / 4)
    assert found["2"]["recommended"] == pytest.approx((0 + 0.125 + 0.375 + 0.5) / 4), (
        "an empty place counts for nothing"
    )
    assert found["1"]["targets"] == found["2"]["targets"] == pytest.approx((1 + 0.75 + 0.5 + 0.25) / 4)


def test_targets_never_sold_are_the_least_popular_and_empty_lists_say_nothing():
    truth = Truth(np.array([0, 2, 3, 4, 5]), np.array([0, -1, 0, 0, 0], np.int32), np.ones(5, bool))
    ranked = {**HELD.rankings, "model": np.array([[0, -1], [-1, -1], [-1, -1], [-1, -1]])}
    found = popularity_bias(replace(HELD, truth=truth, rankings=ranked), (2,))
    assert found["2"] == {"recommended": 1.0, "targets": pytest.approx((0.5 + 1 + 1 + 1) / 4)}


def test_nobody_to_ask():
    none = np.zeros((0, 2), np.int64)
    empty = Contest(
        [], [], Truth(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, bool)),
        dict.fromkeys(HELD.rankings, none), np.zeros(0, np.int64), np.zeros(0, np.int64), 0,
    )  # fmt: skip
    assert by_activity(empty, (2,)) == []
    assert coverage(empty, "model", (2,)) == {"2": 0.0}
    assert popularity_bias(empty, (2,)) == {"2": {"recommended": 0.0, "targets": 0.0}}


def test_weights_count_users_more_than_once():
    weighed = replace(HELD, n_visits=np.array([1, 1, 1, 1]), weights=np.array([1.0, 1.0, 3.0, 1.0]))
    (group,) = by_activity(weighed, (2,))
    assert group["n_users"] == 4
    assert group["model"]["2"]["recall"] == pytest.approx((3 + 1) / 6)
    found = popularity_bias(weighed, (1,))["1"]
    assert found["recommended"] == pytest.approx((0 + 0 + 3 * 0.5 + 0.75) / 6)
    assert found["targets"] == pytest.approx((1 + 0.75 + 3 * 0.5 + 0.25) / 6)
