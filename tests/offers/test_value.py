import math

import numpy as np
import pytest

from models.history import History, add_visit
from models.response import redeem_probability
from offers.value import by_slope, day_chance, floor_cents, hull, may_be_sent, visit_rate, worth_weighing

DAY_S = 86_400


def history(*days):
    made = History.empty()
    for n, day in enumerate(days):
        made = add_visit(made, ["milk", f"p{n}"] if n else ["milk", "once"], day * DAY_S)
    return made


def test_a_stranger_visits_as_the_prior_says():
    assert visit_rate(History.empty(), 0.0, 1.0, 7.0) == pytest.approx(1 / 7)


def test_visits_after_the_oldest_are_counted_over_the_days_since():
    # "once" was bought on day 0; four visits came after it in 28 days.
    assert visit_rate(history(0, 7, 14, 21, 28), 28 * DAY_S, 1.0, 7.0) == pytest.approx((1 + 4) / (7 + 28))


def test_who_stays_away_fades():
    rates = [visit_rate(history(0, 7, 14), day * DAY_S, 1.0, 7.0) for day in (14, 21, 100)]
    assert rates == sorted(rates, reverse=True)
    assert rates[2] == pytest.approx(3 / 107)


def test_a_snapshot_before_the_last_purchase_counts_no_negative_days():
    assert visit_rate(history(10), 5 * DAY_S, 1.0, 7.0) == pytest.approx(1 / 7)


def test_a_weekday_chance_is_poisson_times_its_share():
    flat, mondays = np.ones(168, np.float32), np.zeros(168, np.float32)
    assert day_chance(0.1, np.zeros(168), flat, 3) == pytest.approx(1 - math.exp(-0.1))
    assert day_chance(0.1, np.zeros(168), np.zeros(168), 3) == pytest.approx(1 - math.exp(-0.1))
    mondays[8] = 14
    # 14 own orders, all on Monday, and 7 of the prior's, one a day: (14 + 1) / 21 of the week.
    assert day_chance(0.1, mondays, flat, 0) == pytest.approx(1 - math.exp(-0.1 * 7 * 15 / 21))
    assert day_chance(0.1, mondays, flat, 1) == pytest.approx(1 - math.exp(-0.1 * 7 * 1 / 21))


@pytest.mark.parametrize(
    ("cost", "share", "floor"), [(100, 0.05, 105), (101, 0.05, 107), (0, 0.5, 0), (300, 0.0, 300), (20, 0.1, 22)]
)
def test_the_floor_is_rounded_up(cost, share, floor):
    assert floor_cents(np.array([cost]), share).tolist() == [floor]


def column(*values):
    return np.array(values)


LADDER = np.array([50, 100, 150, 200])


def weigh(p_buy, price, cost, floor, ladder, slope):
    off = np.broadcast_to(ladder, (len(price), ladder.shape[-1]))
    allowed = may_be_sent(price, floor, off)
    value, p = by_slope(p_buy, price, cost, np.where(allowed, off, 0), slope, 0.0)
    return worth_weighing(value, p, off, allowed)


def test_value_is_what_the_formula_says():
    arms = weigh(column(0.1), column(600), column(100), column(105), LADDER, 7.0)
    for discount, p, value, cost in zip(
        arms.discount_cents, arms.p_buy, arms.value_cents, arms.cost_cents, strict=True
    ):
        assert p == pytest.approx(redeem_probability(0.1, discount / 600, 7.0))
        assert value == pytest.approx(p * (500 - discount) - 0.1 * 500)
        assert cost == pytest.approx(p * discount)
    assert len(arms.product) > 1


def test_who_would_come_anyway_gets_nothing():
    assert len(weigh(column(0.95), column(600), column(100), column(105), LADDER, 7.0).product) == 0
    assert len(weigh(column(1.0), column(600), column(100), column(105), LADDER, 7.0).product) == 0


def test_without_a_response_nothing_pays():
    arms = weigh(column(0.1), column(600), column(100), column(105), LADDER, 0.0)
    assert len(arms.product) == 0


@pytest.mark.parametrize(("floor", "deepest"), [(400, 200), (401, 150), (550, 50), (551, None)])
def test_no_depth_goes_below_the_floor(floor, deepest):
    arms = weigh(column(0.05), column(600), column(0), column(floor), LADDER, 9.0)
    assert max(arms.discount_cents.tolist(), default=None) == deepest


def test_a_discount_above_the_price_is_never_offered():
    arms = weigh(column(0.05), column(120), column(0), column(0), LADDER, 9.0)
    assert set(arms.discount_cents.tolist()) <= {50, 100}


def test_the_hull_keeps_what_some_price_of_money_prefers():
    rng = np.random.default_rng(3)
    for _ in range(200):
        n = int(rng.integers(1, 12))
        value, cost = rng.uniform(0.01, 9, n).round(2), rng.integers(1, 9, n).astype(float)
        kept = hull(value, cost)
        slopes = np.diff(value[kept], prepend=0.0) / np.diff(cost[kept], prepend=0.0)
        assert (np.diff(cost[kept]) > 0).all()
        assert (np.diff(slopes) < 0).all()
        for price in np.linspace(0, 10, 60):
            best = max(0.0, (value - price * cost).max())
            assert max(0.0, (value[kept] - price * cost[kept]).max()) == pytest.approx(best)


def test_ties_go_to_the_first():
    assert hull(np.array([2.0, 2.0]), np.array([1.0, 1.0])).tolist() == [0]
    assert hull(np.array([]), np.array([])).tolist() == []
    assert hull(np.array([2.0, 1.0]), np.array([1.0, 2.0])).tolist() == [0]


def test_each_product_may_have_its_own_depths():
    p, price, cost, floor = np.array([0.1, 0.2]), np.array([600, 400]), np.array([100, 100]), np.array([110, 110])
    same = weigh(p, price, cost, floor, np.array([50, 100]), 8.0)
    rows = weigh(p, price, cost, floor, np.array([[50, 100], [50, 100]]), 8.0)
    assert rows.discount_cents.tolist() == same.discount_cents.tolist()
    assert rows.value_cents.tolist() == same.value_cents.tolist()
    own = weigh(p, price, cost, floor, np.array([[0, 120], [80, 0]]), 8.0)
    assert set(zip(own.product.tolist(), own.discount_cents.tolist(), strict=True)) <= {(0, 120), (1, 80)}
    assert len(own.product)
