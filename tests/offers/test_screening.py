import numpy as np
import pytest

from offers.boxes import Box, around, cents_at, everything, outside, widened
from offers.crowd import bound_at, screened, slim
from offers.knapsack import Arrays
from offers.repair import best_arms
from offers.rows import join, split
from offers.sampling import joined, sample, take
from offers.screening import every_row, screen
from tests.offers.knapsack_world import block, budgets, crowd, random_question


def best_at(source, given, prices):
    """(user, place) of everybody's best arms at the prices, with no screening of use."""
    rows = every_row(source.whole, given)
    pick = best_arms(rows, prices)
    return {(int(rows.user[r]), int(rows.place[a])) for r, a in enumerate(pick) if a >= 0}


@pytest.mark.parametrize("seed", range(40))
def test_whoever_is_decided_is_decided_right_anywhere_in_the_box(seed):
    rng = np.random.default_rng(seed)
    source, given = random_question(seed, 12, 4) if seed % 2 else crowd(60, seed)
    prices = np.append(rng.uniform(0, 1.5, len(given.limits) - 1), 0.0)
    n = len(given.store_cents)
    cent, unit = cents_at(prices, n), prices[n + 1 :]
    box = Box((cent * 0.8, cent * 1.2), (unit * 0.8, unit * 1.2))
    found = screen(source.whole, given, box)
    whole = source.whole
    decided = set(zip(found.user.tolist(), (found.arm - whole.indptr[found.user] + 1).tolist(), strict=True))
    for factor in (0.8, 0.9, 1.0, 1.1, 1.2):
        at = prices * factor
        pick = best_arms(found.open, at)
        taken = {(int(found.open.user[r]), int(found.open.place[a])) for r, a in enumerate(pick) if a >= 0}
        assert decided | taken == best_at(source, given, at)


def test_a_narrow_box_decides_most():
    source, given = crowd(2_000)
    prices = np.append(np.full(5, 0.5), 0.0)
    cent = cents_at(prices, 4)
    found = screen(source.whole, given, Box((cent * 0.99, cent * 1.01), (np.zeros(1), np.zeros(1))))
    assert len(found.open) < 200
    assert len(screen(source.whole, given, everything(given)).open) > 1_500


def test_arms_in_no_plan_are_dropped():
    users = [[(9.0, 11)], [(9.0, 6, 0)], [(9.0, 1, -1, 0)], [(9.0, 10), (9.0, 5, 0), (0.0, 1), (8.0, 2, -1, 1)]]
    found = screen(block(users), budgets(10, [5], [0, 1]), everything(budgets(10, [5], [0, 1])))
    assert (found.open.user.tolist(), found.open.place.tolist()) == ([3], [1, 2, 4])


def test_rows_are_users_or_their_slots():
    day = [(1.0, 1, -1, -1, slot) for slot in (2, 0, 2, 1)]
    rows = split(block([day, [], day, day, day], cap=np.array([1, 2, 2, 3, 0])))
    assert rows.user.tolist() == [0, 2, 2, 2, 3, 3, 3, 4]
    assert rows.coupled.tolist() == [False, True, True, True, False, False, False, False]
    assert rows.indptr.tolist() == [0, 4, 5, 6, 8, 9, 10, 12, 16]
    assert rows.order[4:8].tolist() == [5, 7, 4, 6]


def test_rows_can_be_picked_thinned_and_joined():
    given = budgets(99)
    rows = screen(block([[(1.0, 1)], [(2.0, 1), (3.0, 2)], [(4.0, 1)]]), given, everything(given)).open
    few = rows.only(np.array([1, 2]))
    assert (few.user.tolist(), few.value.tolist(), few.indptr.tolist()) == ([1, 2], [2.0, 3.0, 4.0], [0, 2, 3])
    thin = rows.thinned(np.array([False, True, False, True]))
    assert (thin.user.tolist(), thin.value.tolist(), thin.indptr.tolist()) == ([1, 2], [2.0, 4.0], [0, 1, 2])
    both = join([rows.only(np.array([0])), few])
    assert (both.user.tolist(), both.indptr.tolist(), both.row.tolist()) == ([0, 1, 2], [0, 1, 3, 4], [0, 1, 1, 2])
    assert slim(rows, np.zeros(2)).value.tolist() == rows.value.tolist()


def test_a_box_is_about_the_prices_and_narrower_the_more_are_asked():
    source, given = crowd(4_000)
    prices = np.append(np.full(5, 0.5), 0.0)
    small, large = (around(prices, given, take(source.whole, np.arange(n))) for n in (100, 4_000))
    for box in (small, large):
        assert not outside(prices, box, given).any()
    assert (large.cent[1] - large.cent[0] < small.cent[1] - small.cent[0]).all()
    strayed = outside(prices * 3, large, given)
    assert strayed[:5].all()
    assert not outside(prices * 3, widened(large, prices * 3, strayed, given), given).any()


def test_the_crowd_adds_up():
    source, given = crowd(3_000)
    prices = np.append(np.full(5, 0.5), 0.0)
    box = around(prices, given, source.whole)
    found = screened(source.blocks(), given, box, prices)
    whole = source.whole
    arm = whole.indptr[found.user] + found.place - 1
    assert found.used[0] == whole.cost[arm].sum()
    assert found.used[1:5].tolist() == np.bincount(whole.store[arm], whole.cost[arm], 4).astype(int).tolist()
    assert found.value == pytest.approx(float(whole.value[arm].sum(dtype=np.float64)))
    assert bound_at(source, given, prices) == pytest.approx(bound_at(Arrays(whole, 999), given, prices))


def test_samples_are_spread_and_seeded():
    source, _ = crowd(1_000)
    one, two = (sample(source, 100, np.random.default_rng(1)) for _ in range(2))
    assert np.array_equal(one.value, two.value)
    assert len(one) == 100
    everybody = sample(source, 5_000, np.random.default_rng(1))
    assert np.array_equal(everybody.value, source.whole.value)
    parts = joined(list(Arrays(source.whole, 800).blocks()))
    assert np.array_equal(parts.indptr, source.whole.indptr)
