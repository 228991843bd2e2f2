"""What refunds and voids leave of purchases, and which local day and hour it was."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tests import world
from training.sales import coded, sales

T0 = datetime(2025, 3, 1, 12, tzinfo=UTC)


def events(*rows):
    """Each row: hour, event_type, user, product, order, quantity."""
    names = ("hour", "event_type", "user_id", "product_id", "order_id", "quantity")
    kinds = dict(zip(names, (pl.Int64, *[pl.String] * 4, pl.Int64), strict=True))
    frame = pl.DataFrame(list(rows), schema=kinds, orient="row")
    return frame.with_columns(occurred_at=pl.lit(T0) + pl.duration(hours="hour")).drop("hour").lazy()


def standing(*rows):
    found = sales(events(*rows))
    return sorted(
        ((at - T0) // timedelta(hours=1), product)
        for at, product in found.select("occurred_at", "product_id").iter_rows()
    )


CASES = {
    "nothing cancelled": ([(0, "purchase", "u", "a", "o1", 2)], [(0, "a")]),
    "part of the quantity leaves the line": (
        [(0, "purchase", "u", "a", "o1", 2), (1, "refund", "u", "a", "o1", 1)],
        [(0, "a")],
    ),
    "all of the quantity takes it": (
        [(0, "purchase", "u", "a", "o1", 2), (1, "refund", "u", "a", "o1", 2), (1, "purchase", "u", "b", "o1", 1)],
        [(1, "b")],
    ),
    "two refunds of one order add up": (
        [(0, "purchase", "u", "a", "o1", 2), (1, "refund", "u", "a", "o1", 1), (2, "void", "u", "a", "o1", 1)],
        [],
    ),
    "the named order is cancelled, not the latest": (
        [(0, "purchase", "u", "a", "o1", 1), (5, "purchase", "u", "a", "o2", 1), (6, "refund", "u", "a", "o1", 1)],
        [(5, "a")],
    ),
    "a till's void may carry an earlier stamp than its order": (
        [(0, "void", "u", "a", "o1", 1), (1, "purchase", "u", "a", "o1", 1)],
        [],
    ),
    "an unknown order falls back on the user's latest before it": (
        [(0, "purchase", "u", "a", "o1", 1), (5, "purchase", "u", "a", "o2", 1), (6, "refund", "u", "a", "r9", 1)],
        [(0, "a")],
    ),
    "a void of an unknown order does not": ([(0, "purchase", "u", "a", "o1", 1), (6, "void", "u", "a", "r9", 1)], [(0, "a")]),
    "no order either": (
        [(0, "purchase", "u", "a", None, 1), (5, "purchase", "u", "a", None, 1), (6, "refund", "u", "a", None, 1)],
        [(0, "a")],
    ),
    "what is bought after a loose refund stands": (
        [(0, "purchase", "u", "a", "o1", 1), (3, "refund", "u", "a", None, 5), (5, "purchase", "u", "a", "o2", 1)],
        [(5, "a")],
    ),
    "a loose refund reaches back over several lines": (
        [
            (0, "purchase", "u", "a", "o1", 2), (1, "purchase", "u", "a", "o2", 1), (2, "refund", "u", "a", None, 2),
            (3, "purchase", "u", "a", "o3", 1),
        ],
        [(0, "a"), (3, "a")],
    ),
    "a refund before its purchase cancels nothing": (
        [(0, "refund", "u", "a", None, 1), (1, "purchase", "u", "a", "o1", 1)],
        [(1, "a")],
    ),
    "another's purchase is not touched": (
        [(0, "purchase", "v", "a", "o1", 1), (1, "refund", "u", "a", None, 1)],
        [(0, "a")],
    ),
    "an anonymous refund without its order cancels nothing": (
        [(0, "purchase", None, "a", None, 1), (1, "refund", None, "a", None, 1)],
        [(0, "a")],
    ),
    "an anonymous order can be cancelled by its number": (
        [(0, "purchase", None, "a", "o1", 1), (1, "refund", None, "a", "o1", 1)],
        [],
    ),
    "a missing quantity is one": (
        [(0, "purchase", "u", "a", "o1", None), (1, "void", "u", "a", "o1", None), (2, "purchase", "u", "b", "o1", None)],
        [(2, "b")],
    ),
    "views count for nothing": ([(0, "view", "u", "a", None, 1)], []),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "left"), CASES.values(), ids=CASES.keys())
def test_what_stands(rows, left):
    assert standing(*rows) == left


def test_loose_refunds_equal_a_stack_kept_by_hand():
    rng = np.random.default_rng(3)
    rows = [
        (hour, "purchase" if rng.random() < 0.6 else "refund", "u", "a", None, int(rng.integers(1, 4)))
        for hour in range(200)
    ]
    stack = []
    for hour, kind, *_, quantity in rows:
        if kind == "purchase":
            stack.append([hour, quantity])
            continue
        while quantity and stack:
            taken = min(quantity, stack[-1][1])
            quantity, stack[-1][1] = quantity - taken, stack[-1][1] - taken
            if not stack[-1][1]:
                stack.pop()
    assert 5 < len(stack) < 100
    assert standing(*rows) == [(hour, "a") for hour, _ in stack]


def test_a_repeated_event_counts_once_and_the_first_row_stays():
    frame = events(
        (0, "purchase", "u", "a", "o1", 1), (0, "purchase", "u", "b", "o1", 1), (1, "purchase", "u", "c", "o2", 1)
    )
    frame = frame.with_columns(event_id=pl.Series(["e1", "e1", None]))
    assert sorted(sales(frame)["product_id"]) == ["a", "c"]


def test_the_day_is_the_stores_own_over_the_change_of_the_clocks():
    found = sales(world.events().lazy(), world.stores()).filter(pl.col.user_id == "ann", pl.col.product_id == "latte")
    assert found["day"].to_list() == [date(2025, 10, 20), date(2025, 10, 27), date(2025, 11, 3), date(2025, 11, 10)]
    assert set(found["hour_of_week"]) == {8}, "Monday at eight, before and after the clocks go back"
    cat = sales(world.events().lazy(), world.stores()).filter(pl.col.user_id == "cat", pl.col.product_id == "tea")
    assert cat["day"].to_list()[0] == date(2025, 10, 21), (
        "half past eleven at night UTC is the next morning in Shanghai"
    )


def test_without_stores_the_columns_own_zone_decides():
    night = pl.DataFrame({"product_id": ["a"], "user_id": ["u"], "occurred_at": [datetime(2025, 3, 2, 3, tzinfo=UTC)]})
    assert sales(night.lazy())["day"].to_list() == [date(2025, 3, 2)]
    there = night.with_columns(pl.col.occurred_at.dt.convert_time_zone("America/New_York"))
    assert sales(there.lazy())["day"].to_list() == [date(2025, 3, 1)]
    naive = night.with_columns(pl.col.occurred_at.dt.replace_time_zone(None))
    assert sales(naive.lazy())["day"].to_list() == [date(2025, 3, 2)]


def test_coded_lines_say_the_same():
    plain = sales(world.events().lazy(), world.stores())
    lines = coded(plain)
    assert lines.schema["user_id"] == pl.Enum(["ann", "bob", "cat", "dan"])
    assert lines.with_columns(pl.col("user_id", "product_id", "store_id").cast(pl.String)).equals(
        plain.sort("user_id", "day", "product_id", maintain_order=True)
    )
