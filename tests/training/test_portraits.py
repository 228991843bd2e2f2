"""The portrait of the four people known by heart, and where most of somebody's orders lie."""

import polars as pl
import pytest

from tests import world
from tests.training.bought import AT, PRODUCTS, by_user, event, standing
from training.known import known
from training.portraits import SCHEMA, portraits
from training.profiles import customers


def told(*rows):
    events, bought = standing(rows)
    return by_user(portraits(customers(events, bought, AT), events, bought, PRODUCTS))


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    from settings import Settings

    settings = Settings(home=tmp_path_factory.mktemp("home"))
    world.fill(settings.lake)
    return {
        view: by_user(frame) for view, frame in known(settings, world.END, ("user_portrait", "user_reviews"))[0].items()
    }


def test_ann_comes_on_mondays_at_eight(people):
    ann = people["user_portrait"]["ann"]
    assert (ann["favourite_weekday"], ann["weekday_share"]) == (0, 1.0)
    assert (ann["favourite_hour"], ann["hour_share"]) == (8, 1.0)
    assert (ann["r_score"], ann["f_score"], ann["m_score"]) == (3, 4, 4)
    assert ann["gap_days"] == pytest.approx(7 + 1 / 24 / 3)
    assert ann["first_at_s"] == int(world.events()["occurred_at"].min().timestamp())
    assert ann["categories"] == ["drink", "food"]


def test_bobs_bagels_on_discount_are_held_against_what_soho_sold(people):
    # Of bob's lines that stand: bagel, americano, bagel, and one of the two bagels of the order on discount.
    bob, ann = people["user_portrait"]["bob"], people["user_portrait"]["ann"]
    assert bob["discount_share"] == 0.25
    assert ann["discount_share"] == 0
    assert bob["discount_share_expected"] == ann["discount_share_expected"] == pytest.approx(1 / 12)
    # Nothing was on discount in the bund, so cat's one latte in soho is all that tells of her.
    assert people["user_portrait"]["cat"]["discount_share"] == 0
    assert people["user_portrait"]["dan"]["discount_share"] is None


def test_only_cat_said_anything_of_a_product(people):
    assert list(people["user_reviews"]) == ["cat"]
    assert (people["user_reviews"]["cat"]["n_reviews"], people["user_reviews"]["cat"]["mean_stars"]) == (1, 5.0)


def test_ties_go_to_the_earlier_day_and_hour():
    # 2025-06-01 00:00 is a Sunday: an hour before is Saturday 23:00, a day and an hour before Friday 23:00.
    row = told(event(days_ago=1 / 24), event(days_ago=1 + 2 / 24))["ann"]
    assert (row["favourite_weekday"], row["weekday_share"]) == (4, 0.5)
    assert (row["favourite_hour"], row["hour_share"]) == (22, 0.5)


def test_an_order_counts_once_however_many_lines():
    rows = [event(product=p, days_ago=2 / 24, order_id="o1") for p in ("latte", "bagel", "tea")]
    row = told(*rows, event(days_ago=1 + 2 / 24, order_id="o2"), event(days_ago=8 + 3 / 24, order_id="o3"))["ann"]
    assert (row["favourite_weekday"], row["weekday_share"]) == (4, pytest.approx(2 / 3))
    assert (row["favourite_hour"], row["hour_share"]) == (22, pytest.approx(2 / 3))


def test_what_came_back_is_nobodys_first_purchase():
    rows = [event(days_ago=9, order_id="a"), event(days_ago=2, order_id="b")]
    back = {**event(days_ago=8, order_id="a"), "event_type": "refund"}
    assert told(*rows)["ann"]["first_at_s"] == int(AT.timestamp()) - 9 * 86400
    assert told(*rows, back)["ann"]["first_at_s"] == int(AT.timestamp()) - 2 * 86400


def test_columns_are_all_there_for_nobody():
    events, bought = standing([])
    frame = portraits(customers(events, bought, AT), events, bought, PRODUCTS)
    assert (frame.schema, len(frame)) == (pl.Schema(SCHEMA), 0)
