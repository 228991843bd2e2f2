import numpy as np
import pytest

from offers.repair import alternatives, best_arms, first_of, left_over, rank_in, repaired, running
from offers.screening import every_row
from tests.offers.knapsack_world import block, budgets, crowd, random_question


@pytest.mark.parametrize("seed", range(120))
def test_a_repaired_plan_keeps_every_limit_whatever_the_prices(seed):
    source, given = random_question(seed, 12, 4) if seed % 3 else crowd(200, seed)
    rows = every_row(source.whole, given)
    prices = np.append(np.random.default_rng(seed).exponential(1.0, len(given.limits) - 1) * (seed % 2), 0.0)
    pick = repaired(rows, given.limits, prices)
    assert (left_over(rows, pick, given.limits) >= 0).all()
    taken = pick[pick >= 0]
    assert np.array_equal(rows.row[taken], np.flatnonzero(pick >= 0))
    n_taken = np.bincount(rows.user[pick >= 0], minlength=len(source.whole))
    assert (n_taken <= source.whole.caps).all()


def rows_of(users, given, cap=1):
    return every_row(block(users, cap=cap), given)


def test_the_best_arm_at_a_price_and_nothing_when_none_is_worth_it():
    rows = rows_of([[(1.0, 1), (1.5, 3)]], budgets(9))
    picks = [best_arms(rows, np.array([price, 0.0])).tolist() for price in (0.0, 0.24, 0.25, 0.9, 1.0, 2.0)]
    assert picks == [[1], [1], [0], [0], [-1], [-1]]


def test_a_coupled_user_takes_the_best_of_their_slots():
    day = [[(5.0, 1, -1, -1, 0), (4.0, 1, -1, -1, 1), (6.0, 1, -1, -1, 2)]]
    assert best_arms(rows_of(day, budgets(9), cap=2), np.zeros(2)).tolist() == [0, -1, 2]


def test_the_least_regret_per_cent_is_taken_back_first():
    # At no price both take their dearer arm, 12 cents; going down costs the first user 1 of value, the second 5.
    rows, given = rows_of([[(9.0, 2), (10.0, 6)], [(4.0, 2), (9.0, 6)]], budgets(8)), budgets(8)
    assert repaired(rows, given.limits, np.zeros(2)).tolist() == [0, 3]


def test_what_is_left_is_filled_with_what_fits():
    rows, given = rows_of([[(10.0, 5)], [(9.0, 6)], [(1.0, 1)]], budgets(6)), budgets(6)
    assert repaired(rows, given.limits, np.array([9.0, 0.0])).tolist() == [0, -1, 2]


def test_a_sold_out_item_gives_way_to_one_there_is():
    users = [[(9.0, 3, -1, 0), (5.0, 3)], [(8.0, 3, -1, 0)]]
    rows, given = rows_of(users, budgets(9, stock=[1])), budgets(9, stock=[1])
    assert repaired(rows, given.limits, np.zeros(3)).tolist() == [1, 2]


def test_groups_ranks_and_running_sums():
    assert rank_in(np.array([0, 0, 3, 3, 3])).tolist() == [0, 1, 0, 1, 2]
    assert rank_in(np.array([], int)).tolist() == []
    assert running(np.array([1, 2, 3, 4]), np.array([0, 0, 1, 1])).tolist() == [1, 3, 3, 7]
    assert first_of(np.array([1, 0, 1, 0]), np.array([2.0, 5.0, 1.0, 5.0])).tolist() == [1, 2]
    rows = rows_of([[(1.0, 1)], [(2.0, 1), (3.0, 2)]], budgets(9))
    assert [part.tolist() for part in alternatives(rows, np.array([1]))] == [[1, 1], [1, 2]]
