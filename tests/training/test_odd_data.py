"""Every oddity is counted once, under its own name, and nothing else is."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests.house.rooms import ROOT
from training.catalogue import Catalogue
from training.odd_data import odd_events, odd_lines, odd_targets, single_visit_users, types_of
from training.sales import coded, sales

T = datetime(2025, 3, 3, 12, tzinfo=UTC)
NONE = {
    "anonymous_rows": 0, "other_types": 0, "duplicate_rows": 0, "out_of_order_rows": 0, "odd_quantities": 0,
    "cancelling_rows": 0, "cancelling_nothing": 0, "cancelled_rows": 0, "single_visit_users": 0, "later_products": 0,
}  # fmt: skip
PLAIN = [("u", "a", 0, "purchase"), ("v", "a", 0, "purchase"), ("u", "b", 1, "purchase"), ("v", "a", 1, "purchase")]


def rows_of(*rows, **columns):
    """(user, product, days after T, type)."""
    frame = pl.DataFrame(
        [(user, product, T + timedelta(days=day), kind) for user, product, day, kind in rows],
        schema={"user_id": pl.String, "product_id": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "event_type": pl.String},
        orient="row",
    )  # fmt: skip
    return frame.with_columns(**{name: pl.Series(values, dtype=pl.String) for name, values in columns.items()})


def counted(rows, later=None, n_quantities=0):
    found = odd_events(rows, coded(sales(rows.lazy())), rows.clear() if later is None else later, n_quantities)
    assert set(found) == set(NONE)
    return {key: n for key, n in found.items() if n}


def test_plain_rows_are_not_odd():
    assert counted(rows_of(*PLAIN)) == {}
    assert counted(rows_of(*PLAIN).drop("event_type")) == {}


@pytest.mark.parametrize(
    ("row", "odd"),
    [
        ((None, "a", 2, "purchase"), {"anonymous_rows": 1}),
        (("u", "a", 2, "view"), {"other_types": 1}),
        (("u", "a", 2, "Purchase"), {"other_types": 1}),
        (("u", "a", 0, None), {"out_of_order_rows": 1, "duplicate_rows": 0}),
        (("u", "c", -1, "purchase"), {"out_of_order_rows": 1}),
        (("v", "a", 1, "purchase"), {"duplicate_rows": 1}),
        (("u", "b", 2, "refund"), {"cancelling_rows": 1, "cancelled_rows": 1, "single_visit_users": 1}),
        (("u", "z", 2, "void"), {"cancelling_rows": 1, "cancelling_nothing": 1}),
        ((None, "a", 2, "refund"), {"anonymous_rows": 1, "cancelling_rows": 1, "cancelling_nothing": 1}),
        (("w", "a", 2, "purchase"), {"single_visit_users": 1}),
    ],
)
def test_one_odd_row_is_counted_once(row, odd):
    assert counted(rows_of(*PLAIN, row)) == {key: n for key, n in odd.items() if n}


def test_an_event_id_that_comes_again_is_a_duplicate_whatever_it_says_and_without_one_all_of_the_row_counts():
    rows = rows_of(*PLAIN, ("u", "c", 1, "purchase"), ("v", "a", 1, "purchase"), ("v", "a", 1, "purchase"),
                   event_id=["1", "2", "3", "4", "3", None, None])  # fmt: skip
    assert counted(rows) == {"duplicate_rows": 2}, "the id of another row, and a row that is there without an id"


def test_a_refund_by_its_order_is_known_by_its_order():
    sold = [("u", "a", 0, "purchase"), ("u", "a", 1, "purchase"), (None, "a", 2, "refund")]
    assert counted(rows_of(*sold, order_id=["o1", "o2", "o1"])) == {
        "anonymous_rows": 1, "cancelling_rows": 1, "cancelled_rows": 1, "single_visit_users": 1
    }  # fmt: skip


def test_only_a_users_own_rows_put_one_out_of_order():
    turns = [("u", "a", 1, "purchase"), ("v", "a", 0, "purchase"), ("u", "b", 2, "purchase"), ("v", "b", 1, "purchase")]
    assert counted(rows_of(*turns)) == {}
    back = rows_of(*PLAIN)[::-1]
    assert counted(back) == {"out_of_order_rows": 2}


def test_what_was_sold_only_from_the_cutoff_on():
    later = rows_of(("u", "new", 5, "purchase"), ("v", "new", 6, "purchase"), ("u", "a", 6, "purchase"))
    assert counted(rows_of(*PLAIN), later) == {"later_products": 1}
    assert counted(rows_of(*PLAIN), n_quantities=3) == {"odd_quantities": 3}


def test_targets_nobody_could_hit_and_those_of_people_hardly_known():
    lines = coded(sales(rows_of(*PLAIN, ("once", "a", 0, "purchase")).lazy()))
    targets = pl.DataFrame({"user_id": ["u", "u", "x", "once"], "product_id": ["a", "zz", "zz", "b"]})
    assert odd_targets(targets, lines) == {"unknown_user_rows": 1, "unknown_product_rows": 2, "single_visit_users": 1}
    assert single_visit_users(lines) == {"once"}


def test_lines_of_a_lake():
    lines = coded(sales(rows_of(*PLAIN, (None, "a", 0, "purchase")).lazy()))
    assert odd_lines(lines, Catalogue(["a", "b", "c"], [None] * 3, [])) == {
        "anonymous_rows": 1, "single_visit_users": 0, "unsold_products": 1
    }  # fmt: skip


def test_every_count_is_told_of_in_the_reference():
    page = (ROOT / "docs" / "reference.md").read_text("utf-8")
    section = page.split("## What evaluate does with odd data")[1].split("\n## ")[0]
    targets = pl.DataFrame({"user_id": ["u"], "product_id": ["a"]})
    for key in (*NONE, *odd_targets(targets, coded(sales(rows_of(*PLAIN).lazy())))):
        assert f"`{key}`" in section, key


def test_types_are_told_most_frequent_first():
    assert types_of(rows_of(*PLAIN, ("u", "a", 2, "buy"))) == "4 purchase, 1 buy"
