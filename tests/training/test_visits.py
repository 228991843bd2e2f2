"""Visits as flat arrays, against loops over the same lines."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from training.sales import coded
from training.visits import visits_of

PRODUCTS = [f"p{number:02d}" for number in range(6)]
START = date(2025, 1, 1)
LINE = st.tuples(st.sampled_from(["u1", "u2", "u10", None]), st.integers(0, 4), st.integers(0, 9))


def lines_of(rows):
    """Sales lines of (user, product number, day number)."""
    told = [(user, PRODUCTS[product], START + timedelta(days=day)) for user, product, day in rows]
    schema = {"user_id": pl.String, "product_id": pl.String, "day": pl.Date}
    lines = pl.DataFrame(told, schema=schema, orient="row")
    return lines.with_columns(
        store_id=pl.lit(None, pl.String),
        order_id=pl.lit(None, pl.String),
        occurred_at=pl.col.day.cast(pl.Datetime("us", "UTC")),
    )


def by_loops(rows):
    """One entry per user, visit and product: (user, row, visit, day, basket, number, first)."""
    found, number = [], 0
    people = sorted({user for user, _, _ in rows if user is not None})
    for place, user in enumerate(people):
        had = set()
        days = sorted({day for who, _, day in rows if who == user})
        for visit, day in enumerate(days, 1):
            basket = sorted({product for who, product, when in rows if who == user and when == day})
            epoch = (date(2025, 1, 1) + timedelta(days=day) - date(1970, 1, 1)).days
            found += [(place, p, visit, epoch, len(basket), number, p not in had) for p in basket]
            had |= set(basket)
            number += 1
    return found, [len({day for who, _, day in rows if who == user}) for user in people]


def first_of_pair(visits):
    """Whether the entry is the first that its user bought of its product, by the two arrays of pairs."""
    first = np.zeros(len(visits.user), dtype=bool)
    first[visits.by_pair[visits.pairs]] = True
    assert visits.times.sum() == len(first)
    return first


@settings(max_examples=60, deadline=None)
@given(st.lists(LINE, max_size=40), st.booleans())
def test_visits_are_what_loops_over_the_lines_find(rows, as_codes):
    lines = lines_of(rows)
    visits = visits_of(coded(lines) if as_codes else lines).numbered(PRODUCTS)
    entries, n_visits = by_loops(rows)
    columns = (visits.user, visits.row, visits.visit, visits.day, visits.basket, visits.number, first_of_pair(visits))
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == entries
    assert visits.n_visits.tolist() == n_visits
    assert visits.products == PRODUCTS


def test_the_dtypes_are_as_said():
    visits = visits_of(lines_of([("u1", 0, 0), ("u1", 1, 3)])).numbered(PRODUCTS)
    for name in ("user", "row", "visit", "day", "basket", "n_visits"):
        assert getattr(visits, name).dtype == np.int32
    assert visits.number.dtype == visits.at_s.dtype == np.int64


def test_rows_count_in_a_wider_catalogue():
    wider = ["a", *PRODUCTS, "z"]
    rows = [("u1", 0, 0), ("u1", 4, 1)]
    for lines in (lines_of(rows), coded(lines_of(rows))):
        assert visits_of(lines).numbered(wider).row.tolist() == [1, 5]


def test_codes_of_a_longer_list_than_was_sold_make_no_difference():
    lines = coded(lines_of([("u1", 0, 0), ("u2", 3, 1), (None, 2, 1), ("u10", 4, 2)]))
    later = lines.filter(pl.col.user_id.cast(pl.String) != "u1")
    one, other = (
        visits_of(later).numbered(PRODUCTS),
        visits_of(later.with_columns(pl.col("user_id", "product_id").cast(pl.String))).numbered(PRODUCTS),
    )
    for name in ("user", "row", "visit", "n_visits"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.user.tolist() == [0, 1]


def test_nobody_known_is_no_entry():
    visits = visits_of(lines_of([(None, 0, 0)])).numbered(PRODUCTS)
    assert len(visits.user) == len(visits.n_visits) == 0


def test_the_last_purchase_of_a_day_is_its_time_and_the_order_of_lines_makes_no_difference():
    at = [datetime(2025, 1, 1, hour, tzinfo=UTC) for hour in (9, 20, 12)]
    lines = pl.DataFrame({"user_id": ["u"] * 3, "product_id": ["p"] * 3, "occurred_at": at, "day": [START] * 3})
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        assert visits_of(lines[order]).at_s.tolist() == [int(at[1].timestamp())]
