from dataclasses import replace

import numpy as np
import pytest

from offers.allotment import allot
from offers.choice import arm_table
from offers.knapsack import Arrays, Budgets, dense, part
from offers.plan_check import faults
from offers.sampling import take
from tests.offers.knapsack_world import best_of_all, block, budgets, crowd, random_question


def planned(source, given, **options):
    choice = allot(source, given, **options)
    assert faults(source, given, choice) == []
    return choice


@pytest.mark.parametrize("seed", range(150))
def test_a_handful_of_users_gets_the_best_of_all_plans(seed):
    source, given = random_question(seed)
    choice, best = planned(source, given), best_of_all(source, given)
    assert choice.value_cents == pytest.approx(best, abs=1e-5)
    assert choice.exact
    assert choice.gap == 0.0
    assert choice.bound_cents >= best - 1e-5


TWO = [[(1.0, 1), (1.5, 3)], [(4.0, 2)]]


@pytest.mark.parametrize(
    ("money", "arm", "value"),
    [(5, [2, 1], 5.5), (4, [1, 1], 5.0), (3, [1, 1], 5.0), (2, [0, 1], 4.0), (1, [1, 0], 1.0), (0, [0, 0], 0.0),
     (-5, [0, 0], 0.0)],
)  # fmt: skip
def test_money_goes_where_a_cent_earns_most(money, arm, value):
    choice = planned(Arrays(block(TWO)), budgets(money))
    assert (choice.arm.tolist(), choice.value_cents) == (arm, value)


def test_money_enough_has_no_price():
    choice = planned(Arrays(block(TWO)), budgets(5))
    assert (choice.price, choice.gap, choice.bound_cents) == (0.0, 0.0, 5.5)


def test_stock_slots_and_caps():
    one_left = [[(5.0, 1, -1, 0)], [(6.0, 1, -1, 0), (2.0, 1)], [(5.5, 1, -1, 0)]]
    assert planned(Arrays(block(one_left)), budgets(9, stock=[1])).arm.tolist() == [0, 2, 1]
    day = [[(5.0, 1, -1, -1, 0), (4.0, 1, -1, -1, 0), (3.0, 1, -1, -1, 1), (2.0, 1, -1, -1, 2)]]
    arms = {cap: planned(Arrays(block(day, cap=cap)), budgets(9)).arm.tolist() for cap in range(5)}
    assert arms == {0: [0], 1: [1], 2: [[1, 3]], 3: [[1, 3, 4]], 4: [[1, 3, 4]]}


GREY = [(float(v), int(c), int(s)) for v, c, s in zip([3, 4, 5, 6], [3, 4, 5, 6], [0, 1, 0, 1], strict=True)]


@pytest.mark.parametrize(
    ("users", "given", "value"),
    [
        ([[(2.0 * c, c)] for c in (3, 5, 7, 9)], budgets(12), 24.0),  # equal slopes: only the sum of costs counts
        ([[(3.0, 7)]] * 9, budgets(20), 6.0),
        ([[(1e7, 100)], [(9.0, 9)], [(8.0, 9)]], budgets(99), 17.0),  # the giant fits no budget
        ([[(1e7, 100)], [(9.0, 9)], [(8.0, 9)]], budgets(100), 1e7),
        ([GREY] * 3, budgets(0, [9, 9]), 0.0),
        ([GREY] * 3, budgets(99, [0, 9]), 8.0),
        ([GREY] * 3, budgets(99, [5, 4]), 9.0),
        ([GREY] * 3, budgets(7, [5, 4]), 7.0),
        ([[(-1.0, 0), (0.0, 0)]], budgets(9), 0.0),
        ([[(1.0, 0)]] * 3, budgets(0), 3.0),
        ([[(1.0, 2_000_000_000)]] * 600, budgets(10**12), 500.0),
        ([[(1e9, 2_000_000_000)], [(1e-3, 1)]], budgets(2_000_000_000), 1e9),
        ([], budgets(9, [1], [1]), 0.0),
        ([[], []], budgets(9), 0.0),
    ],
)
def test_hard_cases(users, given, value):
    assert planned(Arrays(block(users)), given).value_cents == pytest.approx(value)


def test_two_users_and_one_store_of_four_cents():
    choice = planned(Arrays(block([GREY] * 3)), budgets(99, [5, 4]))
    assert choice.used.tolist() == [9, 5, 4, 0]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_a_crowd_comes_near_its_bound(share):
    source, given = crowd(12_000, share=share)
    choice = planned(source, given)
    assert choice.gap < 5e-4
    assert choice.cost_cents <= given.campaign_cents
    assert choice.price + choice.prices[1:].max() > 0


def test_a_thousand_users_come_near_theirs():
    source, given = crowd(1_000, seed=3)
    assert planned(source, given).gap < 3e-3


@pytest.mark.parametrize(("value", "cost"), [(lambda c: 3.0 * c, None), (lambda c: 0 * c + 3.0, 7)])
def test_a_crowd_of_ties_keeps_its_budgets(value, cost):
    source, given = crowd(6_000)
    cents = source.whole.cost if cost is None else np.full_like(source.whole.cost, cost)
    alike = Arrays(replace(source.whole, cost=cents, value=value(cents).astype(np.float32)))
    assert planned(alike, given).gap < 3e-3


def test_the_same_question_has_the_same_answer():
    source, given = crowd(5_000)
    one, two = allot(source, given), allot(source, given)
    assert np.array_equal(one.arm, two.arm)
    assert (one.value_cents, one.bound_cents) == (two.value_cents, two.bound_cents)
    assert np.array_equal(one.prices, two.prices)


def test_the_order_of_users_doesnt_matter():
    source, given = crowd(300, n_stores=3)
    here = Arrays(replace(source.whole, store=np.repeat(source.whole.store[::8], 8)))
    shuffled = Arrays(take(here.whole, np.arange(300)[::-1]))
    one, two = planned(here, given), planned(shuffled, given)
    assert one.exact
    assert two.exact
    assert one.value_cents == pytest.approx(two.value_cents)


def test_blocks_of_any_size_give_the_same_plan():
    source, given = crowd(3_000)
    one = allot(source, given)
    for arms_a_block in (100, 7_777):
        other = planned(Arrays(source.whole, arms_a_block), given)
        assert np.array_equal(one.arm, other.arm)


def test_dense_and_ragged_blocks_are_planned_alike():
    source, given = crowd(2_000)
    whole = source.whole
    ragged = Arrays(replace(whole, width=None))
    shaped = Arrays(dense(whole.value.reshape(-1, 8), whole.cost.reshape(-1, 8), whole.store.reshape(-1, 8)))
    for other in (ragged, shaped):
        assert np.array_equal(allot(source, given).arm, planned(other, given).arm)


@pytest.mark.parametrize(
    "change",
    [{"value": np.array([np.nan, 1, 1], np.float32)}, {"value": np.array([np.inf, 1, 1], np.float32)},
     {"cost": np.array([-1, 1, 1])}, {"store": np.array([0, 1, 0])}, {"store": np.array([-2, 0, 0])}],
)  # fmt: skip
def test_what_is_no_number_or_place_is_refused(change):
    bad = replace(block([[(1.0, 1, 0)], [(1.0, 1, 0), (1.0, 1, 0)]]), **change)
    with pytest.raises(
        ValueError, match="users from 0 on: a value that is no number, a cost below 0 or an unknown store"
    ):
        allot(Arrays(bad), budgets(9, [9]))


def test_rows_that_dont_fit_in_memory_are_thinned_and_the_bound_stays_one(monkeypatch):
    source, given = crowd(3_000)
    monkeypatch.setattr("offers.crowd.MOST_OPEN", 1_000)
    assert planned(source, given).gap < 1e-2


def test_a_part_of_a_block_is_its_users():
    whole = block(TWO)
    second = part(whole, 1, 2)
    assert (second.value.tolist(), second.indptr.tolist(), second.first_user) == ([4.0], [0, 1], 1)
    assert Budgets(-3).limits.tolist()[0] == 0


def test_the_table_of_arms():
    assert arm_table(3, np.array([2, 0]), np.array([5, 1])).tolist() == [1, 0, 5]
    assert arm_table(2, np.array([1, 1]), np.array([5, 2])).tolist() == [[0, 0], [2, 5]]
    assert arm_table(0, np.array([], int), np.array([], int)).tolist() == []
