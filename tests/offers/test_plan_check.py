from dataclasses import replace

import numpy as np
import pytest

from offers.allotment import allot
from offers.knapsack import Arrays
from offers.plan_check import faults
from tests.offers.knapsack_world import block, budgets, crowd

USERS = [
    [(9.0, 5, 0, 0, 0), (8.0, 4, 1, -1, 1), (-1.0, 1, 1, -1, 2)],
    [(7.0, 5, 0, 0, 0), (6.0, 4, 1, -1, 0)],
    [(5.0, 3, 1, -1, 0)],
]
SOURCE, GIVEN = Arrays(block(USERS, cap=np.array([2, 1, 0]))), budgets(13, [5, 9], [1])


def right():
    return allot(SOURCE, GIVEN)


def with_arms(table):
    """The plan of other arms with figures that agree, so that only the arms are at fault."""
    whole, made = SOURCE.whole, right()
    user, rank = np.nonzero(table)
    arm = np.minimum(whole.indptr[user] + np.array(table)[user, rank] - 1, len(whole.value) - 1)
    used = np.zeros(5, dtype=np.int64)
    used[0] = whole.cost[arm].sum()
    np.add.at(used, whole.store[arm].astype(int) + 1, whole.cost[arm])
    np.add.at(used, whole.item[arm].astype(int) + 3, whole.item[arm] >= 0)
    used[4] = 0
    value = float(whole.value[arm].sum())
    return replace(made, arm=np.array(table, np.int32), used=used, cost_cents=int(used[0]), value_cents=value)


def test_a_right_plan_has_no_fault():
    made = right()
    assert made.arm.tolist() == [[1, 2], [2, 0], [0, 0]]
    assert faults(SOURCE, GIVEN, made) == []
    assert faults(SOURCE, GIVEN, with_arms([[1, 2], [2, 0], [0, 0]])) == []


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([[4, 0], [0, 0], [0, 0]], "user 0 has no arm 4"),
        ([[1, 1], [0, 0], [0, 0]], "user 0: two offers in one slot"),
        ([[0, 0], [1, 2], [0, 0]], "user 1: two offers in one slot"),
        ([[0, 0], [0, 0], [1, 0]], "user 2: more offers than the cap"),
        ([[2, 3], [0, 0], [0, 0]], "user 0: an offer that earns nothing"),
        ([[1, 2], [1, 0], [0, 0]], "the campaign: 14 used of 13"),
        ([[1, 2], [1, 0], [0, 0]], "store 0: 10 used of 5"),
        ([[1, 0], [1, 0], [0, 0]], "stock item 0: 2 used of 1"),
    ],
)
def test_arms_that_break_a_limit_are_told(table, told):
    assert told in faults(SOURCE, GIVEN, with_arms(table))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"value_cents": 23.01}, "a value of 23.0100 cents claimed, found 23.0000"),
        ({"cost_cents": 12}, "12 cents claimed to be used, found 13"),
        ({"used": np.array([13, 5, 7, 1, 0])}, "or another share of a store or item"),
        ({"bound_cents": 22.9}, "a bound of 22.9000 cents claimed"),
        ({"prices": np.array([-1.0, 0, 0, 0, 0])}, "a price is below zero"),
        ({"prices": np.array([np.nan, 0, 0, 0, 0])}, "a price is below zero or no number"),
        ({"prices": np.array([0, 0, 0, 0, 1.0])}, "a price is below zero"),
        ({"prices": np.array([9.0, 0, 0, 0, 0])}, "the prices prove"),
        ({"prices": np.zeros(4)}, "3 users and 4 prices, not 3 and 5"),
        ({"arm": np.zeros(2, np.int32)}, "2 users and 5 prices, not 3 and 5"),
    ],
)
def test_figures_that_arent_true_are_told(change, told):
    assert any(told in one for one in faults(SOURCE, GIVEN, replace(right(), **change)))


def test_the_bound_is_proven_by_its_prices_and_by_no_lower_figure():
    source, given = crowd(2_000)
    made = allot(source, given)
    assert faults(source, given, made) == []
    assert faults(source, given, replace(made, bound_cents=made.bound_cents * (1 - 1e-5))) != []
    assert faults(source, given, replace(made, bound_cents=made.bound_cents * (1 + 1e-5))) == []
