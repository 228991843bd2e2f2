"""Hours of the store's own week."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tests import world
from training.rhythm import SCHEMA, rhythms
from training.sales import sales


def week(events, user, stores=None):
    frame = rhythms(sales(events.lazy(), world.stores() if stores is None else stores)).filter(pl.col.user_id == user)
    hours = frame["hour_of_week"].to_list()[0]
    assert len(hours) == 168
    return {hour: count for hour, count in enumerate(hours) if count}


MON, TUE, WED, FRI, SAT, SUN = (24 * day for day in (0, 1, 2, 4, 5, 6))


@pytest.mark.parametrize(
    ("user", "hours"),
    [
        ("ann", {MON + 8: 4}),
        ("bob", {TUE + 12: 2, FRI + 12: 1}),
        ("cat", {TUE + 7: 1, WED + 9: 2, SAT + 9: 4}),
        ("dan", {FRI + 20: 1}),
    ],
    ids=[
        "over the change of clocks",
        "voided orders do not count",
        "orders, not lines, and two zones",
        "no store: UTC",
    ],
)
def test_the_world_by_heart(user, hours):
    assert week(world.events(), user) == hours


def test_nobody_has_no_week():
    frame = rhythms(sales(world.events().lazy(), world.stores()))
    assert frame["user_id"].to_list() == list(world.USERS)
    assert frame.schema == pl.Schema(SCHEMA)
    nothing = rhythms(sales(world.events().clear().lazy(), world.stores()))
    assert nothing.schema == pl.Schema(SCHEMA)
    assert len(nothing) == 0


def at(*moments, store="soho"):
    template = world.events().filter(pl.col.event_id == "e01")
    rows = [
        template.with_columns(
            pl.lit(m).alias("occurred_at").cast(pl.Datetime("us", "UTC")),
            event_id=pl.lit(f"x{n}"), order_id=pl.lit(f"x{n}"), store_id=pl.lit(store),
        )
        for n, m in enumerate(moments)
    ]  # fmt: skip
    return pl.concat(rows)


def test_the_hour_that_comes_twice_counts_twice():
    twice = at(datetime(2025, 11, 2, 5, 30, tzinfo=UTC), datetime(2025, 11, 2, 6, 30, tzinfo=UTC))
    assert week(twice, "ann") == {SUN + 1: 2}


def test_the_hour_that_never_comes_is_never_counted():
    around = at(datetime(2025, 3, 9, 6, 59, tzinfo=UTC), datetime(2025, 3, 9, 7, 0, tzinfo=UTC))
    assert week(around, "ann") == {SUN + 1: 1, SUN + 3: 1}


def test_a_store_that_is_not_listed_keeps_utc():
    assert week(at(datetime(2025, 11, 2, 5, 30, tzinfo=UTC), store="kiosk"), "ann") == {SUN + 5: 1}


def test_both_ends_of_the_week():
    ends = at(datetime(2025, 11, 3, 4, 59, 59, tzinfo=UTC), datetime(2025, 11, 3, 5, 0, tzinfo=UTC))
    assert week(ends, "ann") == {0: 1, 167: 1}


def test_lines_without_an_order_count_once_a_day_and_hour():
    moments = [datetime(2025, 11, 3, 13, m, tzinfo=UTC) for m in (0, 30)] + [datetime(2025, 11, 10, 13, tzinfo=UTC)]
    lines = at(*moments).with_columns(order_id=pl.lit(None, dtype=pl.String))
    assert week(lines, "ann") == {MON + 8: 2}


def test_counts_add_up_to_the_orders():
    frame = rhythms(sales(world.events().lazy(), world.stores()))
    assert np.sum([sum(row) for row in frame["hour_of_week"]]) == 4 + 3 + 7 + 1
