import numpy as np
import pytest
from scipy.optimize import linprog

from bench.plan_instances import matrix
from offers.prices import find_prices
from offers.screening import every_row
from offers.smoothing import dual, own_price, steps
from tests.offers.knapsack_world import block, budgets, crowd, random_question


def rows_of(source, given):
    return every_row(source.whole, given)


def relaxed(source, given):
    made, right = matrix(source.whole, given)
    keep = np.isfinite(right)
    # Arms that fit no budget of their own are in no plan, though a fraction of one may be.
    fits = source.whole.cost <= np.minimum(given.campaign_cents, given.limits[given.store_limit(source.whole.store)])
    value = -source.whole.value.astype(float)
    return -linprog(value, A_ub=made[keep], b_ub=right[keep], bounds=[(0, 1.0 * ok) for ok in fits]).fun


@pytest.mark.parametrize("seed", range(8))
def test_the_dual_at_the_prices_is_the_relaxations_optimum(seed):
    source, given = crowd(150, seed, share=(0.1, 0.4)[seed % 2])
    found = find_prices(rows_of(source, given), given.limits)
    best = relaxed(source, given)
    assert best - 1e-6 <= found.bound <= best * 1.0005
    fine = find_prices(rows_of(source, given), given.limits, found.prices, 1e-3, 1e-7)
    assert fine.bound == pytest.approx(best, rel=1e-6)
    assert (fine.prices >= 0).all()
    assert fine.prices[-1] == 0


@pytest.mark.parametrize("seed", range(30))
def test_no_plan_of_a_handful_is_above_the_dual(seed):
    source, given = random_question(seed)
    rows = rows_of(source, given)
    if len(rows):
        assert find_prices(rows, given.limits).bound >= relaxed(source, given) - 1e-6


def test_slope_and_curvature_are_those_of_the_smoothed_dual():
    source, given = crowd(40, n_stores=2)
    rows, room = rows_of(source, given), given.limits.astype(float)
    priced, at = np.arange(3), np.array([0.7, 0.2, 0.4, 0.0])
    here, step = dual(rows, room, at, 5.0, priced), 1e-5
    for place in range(3):
        up, down = (dual(rows, room, at + sign * step * np.eye(4)[place], 5.0, priced) for sign in (1, -1))
        assert (up.smooth - down.smooth) / (2 * step) == pytest.approx(here.slope[place], rel=1e-4)
        assert (up.slope - down.slope) / (2 * step) == pytest.approx(here.curvature[place], rel=1e-3, abs=1.0)
    assert here.exact <= here.smooth <= here.exact + 5.0 * np.log(9) * 40


def test_stock_has_a_price_when_it_is_short():
    users = [[(float(v), 1, -1, 0)] for v in (9, 8, 7, 6, 5)]
    for units, price in ((2, (7, 8)), (5, (0, 0)), (0, None)):
        given = budgets(99, stock=[units])
        rows = every_row(block(users), given)
        found = find_prices(rows, given.limits, last=1e-5)
        if price is None:
            assert len(rows) == 0
        else:
            assert price[0] - 1e-3 <= found.prices[1] <= price[1] + 1e-3


def test_nobody_has_prices_of_zero():
    given = budgets(9)
    rows = every_row(block([[]]), given)
    assert find_prices(rows, given.limits).prices.tolist() == [0.0, 0.0]


def test_the_price_of_a_coupled_user_is_the_first_slot_left_out():
    day = [[(5.0, 0, -1, -1, 0), (4.0, 0, -1, -1, 1), (3.0, 0, -1, -1, 2)]]
    for cap, price in ((2, 3.0), (1, 0.0), (3, 0.0)):
        given = budgets(9)
        rows = every_row(block(day, cap=cap), given)
        own, due = own_price(rows, np.maximum.reduceat(rows.value, rows.indptr[:-1]))
        assert (own == price).all()
        assert due == cap * price if cap == 2 else due == 0


def test_steps_cover_every_row_once(monkeypatch):
    monkeypatch.setattr("offers.smoothing.ARMS_A_STEP", 10)
    indptr = np.cumsum([0, *[3] * 20, 50, 1])
    found = steps(indptr)
    assert [low for low, _ in found][1:] == [high for _, high in found][:-1]
    assert (found[0][0], found[-1][1]) == (0, 22)
    assert steps(np.array([0])) == []
