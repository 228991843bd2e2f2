"""RFM, lifecycle and usual place, both sides of every edge."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests import world
from training import profiles as room
from training.profiles import SCHEMA, money, profiles
from training.sales import sales

AT = datetime(2025, 6, 1, tzinfo=UTC)
KINDS = {**{name: world.events().schema[name] for name in world.events().columns}}


def table(rows):
    """Events from dicts; a purchase by ann of a latte for 450 unless said otherwise."""
    usual = {"event_type": "purchase", "user_id": "ann", "product_id": "latte", "unit_price_cents": 450}
    return pl.DataFrame([{**dict.fromkeys(KINDS), **usual, **row} for row in rows], schema=KINDS, orient="row").lazy()


def bought(*days_ago, **more):
    return [{"occurred_at": AT - timedelta(days=d), **more} for d in days_ago]


def of(rows, user="ann"):
    events = table(rows)
    return (
        profiles(room.customers(events, sales(events, world.stores()), AT)).filter(pl.col.user_id == user).to_dicts()[0]
    )


@pytest.fixture(scope="module")
def known():
    events = world.events().filter(pl.col.event_type.is_in(["purchase", "refund", "void"])).lazy()
    return {
        row["user_id"]: row
        for row in profiles(room.customers(events, sales(events, world.stores()), world.END)).to_dicts()
    }


def test_the_world_by_heart(known):
    assert sorted(known) == list(world.USERS)
    assert known["ann"] == {
        "user_id": "ann",
        "recency_days": pytest.approx(5 + 11 / 24),
        "n_orders": 4,
        "monetary_cents": 4 * 450 + 350 + 200,
        "mean_basket_cents": 587,
        "segment": "loyal",
        "lifecycle": "active",
        "usual_store_id": "soho",
        "usual_channel": "app",
    }


def test_what_was_given_back_or_voided_is_neither_money_nor_order(known):
    # Three orders stand; one of two discounted bagels came back, and the voided americano was never bought.
    assert known["bob"]["n_orders"] == 3
    assert known["bob"]["monetary_cents"] == (350 + 300) + 350 + (2 * 350 - 50) - 350
    assert known["bob"]["recency_days"] == pytest.approx(11 + 6.5 / 24)


def test_one_stray_visit_does_not_move_the_usual_store(known):
    assert (known["cat"]["usual_store_id"], known["cat"]["usual_channel"]) == ("bund", "store")


def test_a_user_without_a_store(known):
    assert (known["dan"]["usual_store_id"], known["dan"]["usual_channel"]) == (None, "web")


def test_columns_are_all_there_for_nobody():
    empty = table([]).filter(pl.col.user_id == "nobody")
    frame = profiles(room.customers(empty, sales(empty, world.stores()), AT))
    assert frame.schema == pl.Schema(SCHEMA)
    assert len(frame) == 0


@pytest.mark.parametrize(
    ("rows", "cents"),
    [
        ([{}], 450),
        ([{"quantity": 3, "discount_cents": 100}], 3 * 450 - 100),
        ([{"unit_price_cents": None}], 0),
        ([{"quantity": 2, "order_id": "o"}, {"event_type": "refund", "order_id": "o"}], 450),
        ([{"quantity": 2, "order_id": "o", "discount_cents": 100},
          {"event_type": "void", "order_id": "o", "unit_price_cents": None}], 400),
        ([{}, {"event_type": "refund", "quantity": 5}], 0),
        ([{}, {"event_type": "void", "unit_price_cents": None}], 0),
        ([{}, {"event_type": "void", "unit_price_cents": None, "product_id": "tea"}], 450),
    ],
    ids=["price", "discount", "no price", "refund", "void takes the price paid", "never below zero", "void takes the usual price",
             "void of what?"],
)  # fmt: skip
def test_money(rows, cents):
    events = table([{"occurred_at": AT, **row} for row in rows])
    assert money(events)["monetary_cents"].to_list() == [cents]


def every(gap, n, last):
    """n visits, `gap` days apart, the last one `last` days ago."""
    return [last + gap * i for i in range(n)]


@pytest.mark.parametrize(
    ("days_ago", "lifecycle"),
    [
        (every(10, 3, 20), "active"),
        (every(10, 3, 20.01), "at_risk"),
        (every(10, 3, 40), "at_risk"),
        (every(10, 3, 40.01), "lapsed"),
        (every(10, 2, 3), "new"),
        (every(10, 3, 3), "active"),
        ([28], "new"),
        ([28.01], "at_risk"),
        ([56.01], "lapsed"),
        ([2, 2.975, 3.95], "active"),
        ([1, 3, 5, 7, 14, 21], "rising"),
        ([1, 3, 5, 7.1, 14, 21], "active"),
        ([1, 2, 3, 4, 30], "active"),
        ([1, 2, 3, 4, 30, 40], "rising"),
    ],
    ids=[
        "silent two gaps", "and a little more", "silent four gaps", "and a little more still", "two visits", "three visits",
        "one visit within two first gaps", "one visit beyond them", "one visit beyond four", "a gap is at least a day",
        "last gaps half the mean", "last gaps over half", "five visits", "six visits",
    ],
)  # fmt: skip
def test_lifecycle(days_ago, lifecycle):
    assert of(bought(*days_ago))["lifecycle"] == lifecycle


@pytest.mark.parametrize(("days_ago", "lifecycle"), [(4, "new"), (4.01, "at_risk")])
def test_a_newcomer_is_measured_by_the_median_gap_of_the_others(days_ago, lifecycle):
    others = [
        row for user, gap in (("bob", 1), ("cat", 2), ("dan", 9)) for row in bought(*every(gap, 3, 1), user_id=user)
    ]
    assert of([*bought(days_ago), *others])["lifecycle"] == lifecycle


def customers(*rows):
    """(user, days since, orders, cents per order) as purchases."""
    return [
        {
            "user_id": user,
            "occurred_at": AT - timedelta(days=days),
            "order_id": f"{user}-{n}",
            "unit_price_cents": cents,
        }
        for user, days, n_orders, cents in rows
        for n in range(n_orders)
    ]


def segments(*rows):
    events = table(customers(*rows))
    frame = profiles(room.customers(events, sales(events, world.stores()), AT))
    return dict(frame.select("user_id", "segment").iter_rows())


def test_segments_of_five_users_with_every_score_once():
    assert segments(("a", 1, 5, 100), ("b", 2, 1, 50), ("c", 5, 4, 25), ("d", 4, 2, 200), ("e", 3, 3, 50)) == {
        "a": "champion",  # 5 5 5
        "b": "promising",  # 4 1 1
        "c": "loyal",  # 1 4 2
        "d": "big_spender",  # 2 2 4
        "e": "regular",  # 3 3 3
    }


def test_segments_at_their_lower_edges():
    assert segments(("a", 2, 4, 75), ("b", 1, 5, 10), ("c", 4, 2, 60), ("d", 3, 1, 40), ("e", 5, 3, 70)) == {
        "a": "champion",  # 4 4 5
        "b": "loyal",  # 5 5 2: frequent and recent, yet little money
        "c": "dormant",  # 2 2 3
        "d": "regular",  # 3 1 1: silent not long enough to sleep
        "e": "big_spender",  # 1 3 4
    }


def test_equal_customers_are_equal():
    assert segments(("a", 1, 1, 100), ("b", 1, 1, 100)) == {"a": "champion", "b": "champion"}


def test_recent_visits_decide_the_usual_place_and_ties_go_to_the_lower_id():
    at = [{**row, "store_id": store} for row, store in zip(bought(9, 6, 3), ("soho", "soho", "bund"), strict=True)]
    assert of(at)["usual_store_id"] == "soho"
    assert of([at[0], at[2]])["usual_store_id"] == "bund"
    assert (
        of([{**row, "store_id": s} for row, s in zip(bought(3, 3), ("soho", "bund"), strict=True)])["usual_store_id"]
        == "bund"
    )


def test_an_order_without_a_name_is_a_day():
    assert of(bought(1, 0.8, 5))["n_orders"] == 2


def test_the_last_order_is_the_latest_wherever_the_day_is_further():
    """Four in the morning of the 31st in Shanghai is three hours before seven in the evening of the 30th in New York."""
    at = [datetime(2025, 5, 30, hour, tzinfo=UTC) for hour in (20, 23)]
    rows = [{"occurred_at": moment, "store_id": store} for moment, store in zip(at, ("bund", "soho"), strict=True)]
    assert of(rows)["recency_days"] == pytest.approx(1 + 1 / 24)
