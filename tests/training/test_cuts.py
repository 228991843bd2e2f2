"""Nothing at or after a cut is known before it, and the target is the first shopping day after it."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from tests import world
from tests.training import market
from training.cuts import global_cut, inner_windows
from training.sales import coded, sales

LINES = sales(market.events().lazy(), market.stores())


def test_global_cut_is_local_midnight_and_targets_are_the_first_local_day_of_known_users():
    rows = [
        ("u", "a", datetime(2025, 3, 1, 12)), ("u", "b", datetime(2025, 3, 10, 3, 59)),
        ("u", "c", datetime(2025, 3, 10, 4, 0)), ("u", "c", datetime(2025, 3, 10, 23)),
        ("u", "d", datetime(2025, 3, 11, 2)), ("u", "e", datetime(2025, 3, 11, 12)), ("new", "f", datetime(2025, 3, 10, 9)),
    ]  # fmt: skip
    events = pl.DataFrame(rows, schema=["user_id", "product_id", "occurred_at"], orient="row")
    events = events.with_columns(pl.col.occurred_at.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    before, targets = global_cut(events, date(2025, 3, 10), "America/New_York")
    assert before["product_id"].to_list() == ["a", "b"], "03:59 UTC is still the ninth there, in summer time"
    assert targets.rows() == [("u", "c"), ("u", "d")], "ten at night local is the same day; the stranger has no past"


def test_refunds_after_the_cut_do_not_change_what_was_known_but_do_change_targets():
    before, targets = global_cut(world.events(), date(2025, 11, 3), "America/New_York")
    assert before["occurred_at"].max() < datetime(2025, 11, 3, 5, tzinfo=UTC)
    assert ("bob", "bagel") in targets.rows(), "one of two was given back"
    assert ("bob", "americano") not in targets.rows()


@pytest.mark.parametrize("lines", [LINES, coded(LINES)], ids=["text", "coded"])
def test_inner_windows_lie_one_after_another_before_the_end_and_know_nothing_later(lines):
    windows = inner_windows(lines, 3)
    assert [window.moment for window in windows] == sorted({window.moment for window in windows})
    length = windows[1].moment - windows[0].moment
    assert length == timedelta(days=5), "a twelfth of seventy days"
    assert windows[-1].moment + length > lines["occurred_at"].max() > windows[-1].moment
    for window in windows:
        assert window.known.lines["occurred_at"].max() < window.moment
        assert window.moment.hour == 4, "midnight in New York, in summer"
        for user, product in window.targets.head(5).rows():
            mine = lines.filter(pl.col.user_id == user, pl.col.occurred_at >= window.moment)
            assert product in mine.filter(pl.col.day == pl.col.day.min())["product_id"]


def test_dates_that_only_order_hold_out_each_users_own_last_visits():
    rows = [(f"u{user:02d}", f"p{(user + n) % 7}", n) for user in range(60) for n in range(2 + user % 5)]
    rows += [("eager", "p1", n) for n in range(90)]
    events = pl.DataFrame(rows, schema=["user_id", "product_id", "n"], orient="row")
    events = events.with_columns(occurred_at=pl.lit(datetime(2000, 1, 1, tzinfo=UTC)) + pl.duration(days="n"))
    windows = inner_windows(sales(events.lazy()), 2)
    assert [window.moment for window in windows] == [None, None]
    last = windows[-1]
    assert last.targets["user_id"].n_unique() == 61
    assert last.targets.filter(pl.col.user_id == "u04").rows() == [("u04", "p2")]
    mine = last.known.lines.filter(pl.col.user_id == "u04")
    assert mine["product_id"].to_list() == ["p4", "p5", "p6", "p0", "p1"]
    earlier = windows[0]
    assert earlier.targets.filter(pl.col.user_id == "u04").rows() == [("u04", "p1")]
    assert earlier.targets.filter(pl.col.user_id == "u00").is_empty(), (
        "two visits are too few to hold out the second last"
    )
    assert earlier.known.lines.filter(pl.col.user_id == "u00").height == 2


@pytest.mark.parametrize(
    ("often", "twice", "is_global"), [(20, 0, True), (19, 0, False), (25, 75, True), (24, 76, False)]
)
def test_a_global_cut_needs_twenty_users_and_a_quarter_of_those_who_came_twice(often, twice, is_global):
    rows = [(f"u{user:03d}", "p", n) for user in range(often + twice) for n in range(24 if user < often else 2)]
    events = pl.DataFrame(rows, schema=["user_id", "product_id", "n"], orient="row")
    events = events.with_columns(occurred_at=pl.lit(datetime(2025, 3, 1, 12, tzinfo=UTC)) + pl.duration(days="n"))
    windows = inner_windows(sales(events.lazy()), 2)
    # A twelfth of twenty-four days, the last one counted.
    cuts = [datetime(2025, 3, day, tzinfo=UTC) for day in (21, 23)]
    assert [window.moment for window in windows] == (cuts if is_global else [None, None])


def test_nothing_to_hold_out_gives_no_windows():
    once = market.events(30).unique("user_id", keep="first", maintain_order=True)
    assert inner_windows(sales(once.lazy()), 3) == []
    assert inner_windows(sales(once.clear().lazy()), 3) == []
