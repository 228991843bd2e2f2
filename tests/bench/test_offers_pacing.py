import numpy as np
import pytest

from bench import offers_pacing
from bench.offers_pacing import HOURS, MOVED_AT, RAISED_AT, Day, planned, rows
from tests.offers.knapsack_world import block, budgets


def day(users, given, hours, used=False, empty=()):
    """A day whose chances are told: the hour of each one's window, whether their coupon is used, which shelves go empty."""
    made = Day(block(users), given, np.random.default_rng(0))
    made._hour, made._used = np.array(hours), np.full(len(users), used)
    made._empty, made._full = np.isin(np.arange(len(given.stock)), empty), np.zeros(len(given.stock), bool)
    return made


def test_money_that_comes_later_is_for_those_whose_hour_is_ahead():
    # Money for three at first, for four from three o'clock on; coupons used cost more than they were reckoned with.
    for hours, n in (((0, 0, 0, RAISED_AT), 4), ((0, 0, 0, RAISED_AT - 1), 3)):
        made = day([[(9.0, 10)], [(8.0, 10)], [(7.0, 10)], [(1.0, 10)]], budgets(30), hours)
        made._p[:], made._used[:] = 1.0, True
        assert (made.value(None), made.value(planned)) == (24.0, 25.0 if n == 4 else 24.0)
        assert made.known() == pytest.approx(25.0)


def test_what_a_window_gives_back_is_used_again():
    made = day([[(9.0, 10)], [(1.0, 10)]], budgets(10), (0, HOURS - 1))
    assert (made.value(None), made.value(planned)) == (9.0, 10.0)
    made._used[:] = True
    assert made.value(planned) == 9.0


def test_an_empty_shelf_takes_back_what_nobody_was_sent():
    made = day([[(9.0, 1, -1, 0)], [(5.0, 1, -1, 0)]], budgets(99, stock=[2]), (0, MOVED_AT), empty=[0])
    assert (made.value(None), made.value(planned), made.known()) == (9.0, 9.0, 9.0)


def test_rows_say_what_planning_again_is_worth(monkeypatch):
    monkeypatch.setattr(offers_pacing, "N", 5)
    monkeypatch.setattr(offers_pacing, "USERS", (30, 60))
    alone, again = rows()
    assert 0 < alone["value"] < again["value"]
    assert again["against_value"] == alone["value"]
    assert again["met"]


def test_a_plan_at_fault_is_no_figure(monkeypatch):
    monkeypatch.setattr(offers_pacing, "faults", lambda *given: ["store 0: 2 used of 1"])
    with pytest.raises(RuntimeError, match="store 0"):
        planned(block([[(1.0, 1)]]), budgets(1))
