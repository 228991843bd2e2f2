import itertools

import numpy as np
import pytest

from offers.budget import best_at, choose
from offers.value import hull


def packed(users):
    """[(value, cost), ...] a user, pruned to hulls, as `choose` wants them."""
    pruned = []
    for arms in users:
        value, cost = np.array([a[0] for a in arms], float), np.array([a[1] for a in arms], float)
        pruned.append([arms[place] for place in hull(value, cost)])
    indptr = np.cumsum([0, *(len(arms) for arms in pruned)])
    flat = [arm for arms in pruned for arm in arms]
    return indptr, np.array([a[0] for a in flat], float), np.array([a[1] for a in flat], np.int64), pruned


def best_of_all(users, budget):
    """The optimum by trying everything, for a handful of users."""
    options = [[(0.0, 0), *arms] for arms in users]
    plans = (plan for plan in itertools.product(*options) if sum(cost for _, cost in plan) <= budget)
    return max(sum(value for value, _ in plan) for plan in plans)


def test_money_enough_buys_everyones_best():
    indptr, value, cost, _ = packed([[(1.0, 1), (1.5, 3)], [(4.0, 2)]])
    choice = choose(indptr, value, cost, 5)
    assert (choice.arm.tolist(), choice.value_cents, choice.cost_cents) == ([2, 1], 5.5, 5)
    assert (choice.bound_cents, choice.gap, choice.price) == (5.5, 0.0, 0.0)


def test_money_short_goes_where_a_cent_earns_most():
    indptr, value, cost, _ = packed([[(1.0, 1), (1.5, 3)], [(4.0, 2)]])
    choice = choose(indptr, value, cost, 4)
    # Left out is the step from 1 to 3 cents, a quarter of value a cent; one cent stays unspent.
    assert (choice.arm.tolist(), choice.value_cents, choice.cost_cents) == ([1, 1], 5.0, 3)
    assert (choice.price, choice.bound_cents) == (0.25, 5.25)
    assert choice.gap == pytest.approx(0.25 / 5.25)


@pytest.mark.parametrize("budget", [0, -5])
def test_no_money_sends_nothing(budget):
    indptr, value, cost, _ = packed([[(1.0, 1)], [(4.0, 2)]])
    choice = choose(indptr, value, cost, budget)
    assert (choice.arm.tolist(), choice.value_cents, choice.cost_cents) == ([0, 0], 0.0, 0)


def test_nobody_and_users_without_arms():
    none = np.array([], float)
    assert choose(np.array([0]), none, none.astype(np.int64), 10).arm.tolist() == []
    choice = choose(np.array([0, 0, 1, 1]), np.array([2.0]), np.array([3]), 10)
    assert (choice.arm.tolist(), choice.gap) == ([0, 1, 0], 0.0)


def test_what_is_left_is_filled_with_steps_that_fit():
    indptr, value, cost, _ = packed([[(10.0, 5)], [(9.0, 6)], [(1.0, 1)]])
    choice = choose(indptr, value, cost, 6)
    assert choice.arm.tolist() == [1, 0, 1]
    assert choice.cost_cents == 6


def test_always_feasible_below_its_bound_and_near_the_optimum():
    rng = np.random.default_rng(11)
    gaps = []
    for _ in range(150):
        users = [
            [(float(rng.uniform(0.1, 9)), int(rng.integers(1, 9))) for _ in range(int(rng.integers(0, 4)))]
            for _ in range(int(rng.integers(1, 6)))
        ]
        budget = int(rng.integers(0, 25))
        indptr, value, cost, pruned = packed(users)
        choice = choose(indptr, value, cost, budget)
        sent = [arms[arm - 1] for arms, arm in zip(pruned, choice.arm.tolist(), strict=True) if arm]
        assert choice.cost_cents == sum(c for _, c in sent) <= budget
        assert choice.value_cents == pytest.approx(sum(v for v, _ in sent))
        best = best_of_all(users, budget)
        assert choice.value_cents <= best + 1e-9 <= choice.bound_cents + 2e-9
        gaps.append(best - choice.value_cents)
    assert np.mean([gap < 1e-9 for gap in gaps]) > 0.6


def test_many_users_leave_hardly_a_gap():
    rng = np.random.default_rng(2)
    users = [
        [(float(v), int(c)) for v, c in zip(rng.uniform(0, 9, 4), rng.integers(1, 9, 4), strict=True)]
        for _ in range(1500)
    ]
    indptr, value, cost, _ = packed(users)
    choice = choose(indptr, value, cost, 1500)
    assert choice.gap < 0.001
    assert choice.cost_cents <= 1500


def test_equal_users_are_served_in_order():
    indptr, value, cost, _ = packed([[(1.0, 1)]] * 4)
    assert choose(indptr, value, cost, 2).arm.tolist() == [1, 1, 0, 0]


def test_the_best_arm_at_a_price():
    value, cost = np.array([1.0, 1.5]), np.array([1.0, 3.0])
    assert [best_at(value, cost, price) for price in (0.0, 0.24, 0.25, 0.9, 1.0, 2.0)] == [2, 2, 1, 1, 0, 0]
    assert best_at(np.array([]), np.array([]), 0.0) == 0
