"""Last days: the protocol's edges on a shop of one's own, and counting's stated figures on the real one."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from bench.journey_last_day import last_day, write_last_day
from tests.training import market
from tests.training.stub import Habitual
from training.baskets import read_events_file, read_targets_file
from training.cases import Known, taken_by
from training.contest import contest
from training.sales import coded, sales
from training.scoreboard import board

START = datetime(2025, 1, 1, 2, tzinfo=UTC)


def shop(*bought):
    """Each: user, product, days on which it is bought; times in a zone where it is the day before still."""
    rows = [(user, product, START + timedelta(days=day)) for user, product, days in bought for day in days]
    made = pl.DataFrame(rows, schema=["user_id", "product_id", "occurred_at"], orient="row")
    return made.with_columns(pl.col.occurred_at.dt.convert_time_zone("America/New_York"))


def days(events, user, product):
    found = events.filter((pl.col.user_id == user) & (pl.col.product_id == product))["occurred_at"]
    return [(day - START.date()).days for day in found.sort()]


def test_the_last_day_is_the_target_and_fifty_before_it_are_known():
    events, targets = last_day(shop(("u", "milk", range(60))))
    assert days(events, "u", "milk") == list(range(9, 59))
    assert targets.rows() == [("u", "milk")]
    assert events.schema["occurred_at"] == pl.Date


def test_products_in_seventeen_known_baskets_count_and_the_last_days_do_not_help():
    for n, counts in ((17, True), (16, False)):
        events, targets = last_day(shop(("u", "milk", range(31)), ("u", "tea", [*range(n), 30])))
        assert (targets["product_id"].to_list() == ["milk", "tea"]) == counts
        assert (days(events, "u", "tea") == list(range(n))) == counts


def test_baskets_of_all_households_count_and_a_basket_counts_once():
    twice = shop(("u", "milk", range(10)), ("v", "milk", range(10)), ("u", "milk", range(10)))
    assert len(last_day(twice)[0]) == 18
    assert last_day(shop(("u", "milk", range(10)), ("u", "milk", range(10))))[0].is_empty()


def test_households_with_fewer_than_three_baskets_left_are_out():
    known = ("u", "milk", range(31))
    kept = last_day(shop(known, ("v", "milk", [1, 2, 3]), ("w", "milk", [1, 2])))
    assert [set(table["user_id"]) for table in kept] == [{"u", "v"}, {"u", "v"}]
    rare = last_day(shop(known, ("v", "milk", [1, 2]), ("v", "rare", [3])))
    assert [set(table["user_id"]) for table in rare] == [{"u"}, {"u"}]


def test_a_last_day_without_such_a_product_is_no_target_but_the_history_is_known():
    events, targets = last_day(shop(("u", "milk", range(31)), ("v", "milk", [1, 2, 3]), ("v", "rare", [4])))
    assert days(events, "v", "milk") == [1, 2, 3]
    assert set(targets["user_id"]) == {"u"}


def test_days_are_utc_days():
    late = shop(("u", "milk", range(31)))
    assert last_day(late)[0]["occurred_at"].max() == date(2025, 1, 30)


def test_counting_reaches_what_is_stated(tmp_path):
    files = write_last_day(tmp_path)
    lines = coded(sales(read_events_file(files[0])[0].lazy()))
    targets, skipped, repeated = read_targets_file(files[1])
    assert (skipped, repeated) == (0, 0)
    known = Known(lines)
    cases = known.cases(list(taken_by(targets)), 512)
    held = contest(Habitual(lines["product_id"].unique().sort().to_list()), known, cases, targets, 10, market.silent)
    counting = board(held, (10,))["baselines"]["personal_then_popular"]["10"]
    found = [counting[name] for name in ("recall", "ndcg_untruncated", "hit_rate")]
    assert found == pytest.approx([0.1797, 0.1721, 0.5745], abs=5e-5)
    assert len(held.users) == 2242
