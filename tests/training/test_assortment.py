"""What stores sell: stated lines as of a moment, else what was bought there lately."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests import world
from training.assortment import SCHEMA, SEEN_WITHIN, assortments

AT = world.END
US = timedelta(microseconds=1)
NOTHING = world.assortment().clear()


def stated(*rows):
    return pl.DataFrame(list(rows), schema=NOTHING.schema, orient="row")


def of(store, table=NOTHING, events=None, products=None, at=AT):
    events = world.events() if events is None else events
    products = world.products() if products is None else products
    frame, n_unpriced = assortments(table, events.filter(pl.col.occurred_at < at).lazy(), products, at)
    assert frame.schema == pl.Schema(SCHEMA)
    found = frame.filter(pl.col.store_id == store).to_dicts()
    return (found[0] if found else None), n_unpriced


def test_a_stated_store_sells_what_the_table_says():
    bund, n_unpriced = of("bund", world.assortment())
    assert bund == {
        "store_id": "bund",
        "product_ids": ["cookie", "mocha", "tea"],
        "price_cents": [200, 480, 260],
        "stock_units": [0, 0, 40],
        "stock_known": [True, False, True],
    }
    assert n_unpriced == 0


@pytest.mark.parametrize(("as_of", "price"), [(AT - US, 300), (AT, 250), (AT + US, 250), (None, 250)])
def test_the_latest_line_strictly_before_the_moment_counts(as_of, price):
    # A line without a time is older than any other.
    table = stated(("bund", "tea", 250, 1, AT - timedelta(days=1)), ("bund", "tea", 300, 2, as_of))
    assert of("bund", table)[0]["price_cents"] == [price]


def test_a_line_without_a_time_counts_when_it_is_all_there_is():
    assert of("bund", stated(("bund", "tea", 300, 2, None)))[0]["stock_units"] == [2]


def test_a_store_the_table_does_not_name_sells_what_was_bought_there():
    table = world.assortment().filter(pl.col.store_id == "bund")
    soho, _ = of("soho", table)
    assert soho["product_ids"] == ["americano", "bagel", "cookie", "latte"]
    assert soho["price_cents"] == [300, 350, 200, 450]
    assert soho["stock_known"] == [False] * 4
    assert of("bund", table)[0]["product_ids"] == ["cookie", "mocha", "tea"]


def test_bought_prices_are_the_last_above_zero_else_the_products():
    template = world.events().filter(pl.col.event_id == "e01")

    def sold(n, product, price):
        return template.with_columns(
            event_id=pl.lit(f"x{n}"), product_id=pl.lit(product), unit_price_cents=pl.lit(price, dtype=pl.Int64),
            occurred_at=pl.col.occurred_at + timedelta(hours=n),
        )  # fmt: skip

    events = pl.concat([sold(1, "latte", 400), sold(2, "latte", 430), sold(3, "latte", 0), sold(4, "tea", None)])
    soho, _ = of("soho", events=events)
    assert soho["product_ids"] == ["latte", "tea"]
    assert soho["price_cents"] == [430, 250]


def test_what_nobody_prices_is_left_out_and_counted():
    products = world.products().filter(pl.col.product_id != "tea")
    bund, n_unpriced = of(
        "bund", stated(("bund", "tea", None, 1, None), ("bund", "mocha", None, 1, None)), products=products
    )
    assert bund["product_ids"] == ["mocha"]
    assert bund["price_cents"] == [480]
    assert n_unpriced == 1


@pytest.mark.parametrize(("age", "sold"), [(SEEN_WITHIN, True), (SEEN_WITHIN + US, False)])
def test_a_year_ago_is_the_edge(age, sold):
    first = datetime(2025, 10, 20, 12, tzinfo=UTC)
    events = world.events().filter(pl.col.event_id == "e01")
    assert (of("soho", events=events, at=first + age)[0] is not None) is sold


def test_only_purchases_show_what_is_sold():
    views = world.events().with_columns(event_type=pl.lit("view"))
    assert of("soho", events=views) == (None, 0)
