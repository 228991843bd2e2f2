from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from bench.cafe.arms import Windows
from bench.cafe.days import NONE, NUMBERS, answer, play
from bench.cafe.events import events_of, offset_s
from bench.cafe.people import PERSUADABLE

N = 3000
TUESDAY = np.datetime64("2025-12-02", "D")


def numbers(seed, n=N):
    return np.random.default_rng(seed).random((n, len(NUMBERS)))


@pytest.fixture(scope="module")
def untouched(truth):
    return play(truth, np.arange(N) % len(truth.members), np.full(N, TUESDAY), numbers(1))


@pytest.fixture(scope="module")
def offered(truth, untouched):
    arms = Windows.of(
        untouched.member,
        truth.menu.product_ids.index("iced-latte"),
        truth.members.home[untouched.member],
        TUESDAY,
        8.5,
        10,
    )
    return arms, answer(truth, untouched, arms, np.full(N, 250), np.full(N, "c"))


def test_visits_happen_as_often_as_the_truth_says(truth, untouched):
    expected = truth.p_visit(untouched.member, untouched.day)
    assert abs(untouched.visited.sum() - expected.sum()) < 4 * np.sqrt((expected * (1 - expected)).sum())


def test_a_visit_is_one_drink_and_perhaps_one_food_that_the_store_sells(truth, untouched):
    it = truth.menu
    assert not it.is_food[untouched.drink].any()
    fed = untouched.food != NONE
    assert 0.2 < fed.mean() < 0.6
    assert it.is_food[untouched.food[fed]].all()
    assert it.sold[untouched.store, untouched.drink].all()
    assert it.sold[untouched.store[fed], untouched.food[fed]].all()
    assert it.open[untouched.store, untouched.second // 3600].all()


def test_an_offer_changes_only_the_days_it_touches(truth, untouched, offered):
    arms, after = offered
    used = after.redeemed != NONE
    assert 20 < used.sum() < N / 2
    assert (after.drink[used] == arms.product[used]).all()
    assert (after.store[used] == arms.store[used]).all()
    assert ((after.second[used] >= 8.5 * 3600) & (after.second[used] < 10 * 3600)).all()
    assert after.visited[used].all()
    for name in ("second", "store", "drink", "food"):
        assert np.array_equal(getattr(after, name)[~used], getattr(untouched, name)[~used]), name
    lost = untouched.visited & ~after.visited
    assert lost.any()
    assert (truth.annoyance[untouched.member[lost]] > 0).all()
    assert not (after.visited & ~untouched.visited & ~used).any()


def test_a_food_on_offer_comes_with_a_drink(truth, untouched):
    food = truth.menu.product_ids.index("egg-sandwich")
    arms = Windows.of(untouched.member, food, truth.members.home[untouched.member], TUESDAY, 8, 10)
    after = answer(truth, untouched, arms, np.full(N, 300), np.full(N, "c"))
    used = after.redeemed != NONE
    assert used.sum() > 20
    assert (after.food[used] == food).all()
    assert not truth.menu.is_food[after.drink[used]].any()


def test_who_would_have_bought_redeems_too(truth, untouched, offered):
    arms, after = offered
    hit = untouched.visited & (untouched.drink == arms.product) & (untouched.store == arms.store)
    hit &= (untouched.second >= 8.5 * 3600) & (untouched.second < 10 * 3600) & (truth.annoyance[untouched.member] == 0)
    assert hit.sum() >= 5
    assert (after.redeemed[hit] == arms.product[hit]).all()
    assert np.array_equal(after.second[hit], untouched.second[hit])


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2025, 11, 1), -4),
        ("America/New_York", date(2025, 11, 2), -5),
        ("America/New_York", date(2026, 3, 8), -4),
        ("America/Los_Angeles", date(2026, 3, 7), -8),
    ],
)
def test_offsets_on_both_sides_of_a_clock_change(zone, day, hours):
    assert offset_s(zone, day) == hours * 3600


@pytest.mark.parametrize("day", ["2025-11-01", "2025-11-02", "2025-11-03", "2026-03-08"])
def test_local_moments_become_utc(truth, day):
    days = play(truth, np.arange(200), np.full(200, np.datetime64(day)), numbers(3, 200))
    bought = days.take(days.visited)
    told = events_of(truth, days, slips=False).filter(pl.col.event_type == "purchase").group_by("order_id").first()
    wanted = set()
    for second, store in zip(bought.second.tolist(), bought.store.tolist(), strict=True):
        wall = datetime.fromisoformat(day).replace(hour=second // 3600, minute=second // 60 % 60, second=second % 60)
        wanted.add(wall.replace(tzinfo=ZoneInfo(truth.menu.zones[store])).astimezone(UTC))
    assert set(told["occurred_at"]) == wanted
    assert len(told) == len(bought.member) > 10


def test_anonymous_tickets_carry_nobody_and_no_app(truth, untouched):
    told = events_of(truth, untouched, anonymous=True)
    assert told["user_id"].null_count() == len(told) > 500
    assert set(told["event_type"]) <= {"purchase", "refund", "void"}
    assert set(told["channel"]) == {"store"}


def test_slips_take_back_a_line_of_their_order(truth, untouched):
    told = events_of(truth, untouched)
    taken = told.filter(pl.col.event_type.is_in(["refund", "void"]))
    assert len(taken) >= 3
    lines = told.filter(pl.col.event_type == "purchase").select(
        "order_id", "product_id", "unit_price_cents", bought="occurred_at"
    )
    pairs = taken.join(lines, on=["order_id", "product_id", "unit_price_cents"])
    assert len(pairs) == len(taken)
    assert (pairs["occurred_at"] > pairs["bought"]).all()


def test_same_numbers_same_day(truth):
    one = play(truth, np.array([PERSUADABLE]), np.array([TUESDAY]), numbers(9, 1))
    again = play(
        truth, np.array([3, PERSUADABLE]), np.array([TUESDAY, TUESDAY]), np.vstack([numbers(8, 1), numbers(9, 1)])
    )
    assert (one.second[0], one.drink[0], one.visited[0]) == (again.second[1], again.drink[1], again.visited[1])
