"""Favourite categories and the appetite for what is new, on purchases that can be counted by eye."""

import polars as pl
import pytest

from models.history import DECAY
from tests.training.bought import PRODUCTS, by_user, event, standing
from training.shrinkage import shrunk
from training.taste import SCHEMA, tastes


def told(*rows):
    return by_user(tastes(standing(rows)[1], PRODUCTS))


def test_categories_by_share_late_visits_counting_more():
    row = told(event(days_ago=3), event(product="bagel", days_ago=2), event(product="odd", days_ago=1))["ann"]
    assert row["categories"] == ["food", "drink"]
    assert row["category_shares"] == pytest.approx([1 / (1 + DECAY), DECAY / (1 + DECAY)])


def test_a_product_counts_once_a_visit_and_ties_go_by_name():
    rows = [event(days_ago=1.1), event(days_ago=1.1, quantity=9), event(product="bagel", days_ago=1.1)]
    row = told(*rows)["ann"]
    assert (row["categories"], row["category_shares"]) == (["drink", "food"], [0.5, 0.5])


def test_five_categories_at_most():
    names = [f"p{n}" for n in range(7)]
    products = pl.DataFrame({"product_id": names, "category": names})
    frame = tastes(standing([event(product=name) for name in names])[1], products)
    assert frame["categories"].to_list() == [names[:5]]
    assert frame["category_shares"].to_list() == [pytest.approx([1 / 7] * 5)]


def test_without_a_category_lists_are_empty():
    row = told(event(product="odd"))["ann"]
    assert (row["categories"], row["category_shares"], row["new_share"]) == ([], [], None)


def test_what_was_never_bought_before_is_new():
    """Ann tries something new each time, bob never does; cat came once."""
    rows = [event("ann", f"p{n}", n + 1) for n in range(9)] + [event("bob", "latte", n + 1) for n in range(9)]
    row = told(*rows, event("cat"))
    expected = shrunk([1.0, 0.0], [0.25 / 8] * 2)
    assert [row["ann"]["new_share"], row["bob"]["new_share"]] == pytest.approx(expected.tolist(), rel=1e-6)
    assert row["cat"]["new_share"] is None


@pytest.mark.parametrize(("n_visits", "share"), [(10, 1 / 9), (11, 1 / 10), (12, 0.0)])
def test_only_the_last_ten_visits_and_never_the_first(n_visits, share):
    # Tea was new at the second visit, which is one of the last ten until there are twelve.
    rows = [event(product="tea" if n == n_visits - 2 else "latte", days_ago=n + 1) for n in range(n_visits)]
    assert told(*rows)["ann"]["new_share"] == pytest.approx(share)


def test_what_came_back_was_no_choice():
    rows = [event(days_ago=3, order_id="a"), event(product="bagel", days_ago=2, order_id="b")]
    back = {**event(product="bagel", days_ago=1, order_id="b"), "event_type": "refund"}
    assert told(*rows, back)["ann"]["categories"] == ["drink"]


def test_columns_are_all_there_for_nobody():
    frame = tastes(standing([])[1], PRODUCTS)
    assert (frame.schema, len(frame)) == (pl.Schema(SCHEMA), 0)
