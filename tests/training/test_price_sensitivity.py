"""Discounts taken beside discounts had, and prices beside their category's: known purchases, and a chain of known people."""

import math

import numpy as np
import polars as pl
import pytest

from tests.training.bought import PRODUCTS, by_user, event, standing
from training.price_sensitivity import SCHEMA, price_habits
from training.shrinkage import shrunk


def habits(*rows):
    return by_user(price_habits(*standing(rows), PRODUCTS))


def lines(user, n_full, n_off, store="soho", **more):
    return [event(user, days_ago=1 + n, store_id=store, off=100 * (n < n_off), **more) for n in range(n_full + n_off)]


def test_a_share_is_held_against_what_the_store_sold():
    # Soho sold 6 of 12 lines on discount, anonymous ones included; bund 1 of 5.
    told = habits(*lines("ann", 1, 3), *lines("bob", 4, 1, "bund"), *lines(None, 5, 3))
    assert (told["ann"]["discount_share"], told["ann"]["discount_share_expected"]) == (0.75, 0.5)
    assert (told["bob"]["discount_share"], told["bob"]["discount_share_expected"]) == pytest.approx((0.2, 0.2))
    assert set(told) == {"ann", "bob"}


def test_sensitivity_is_the_difference_shrunk_by_its_noise():
    told = habits(*lines("ann", 0, 40), *lines("bob", 40, 0), *lines("cat", 0, 1))
    e = 41 / 81
    above = [1 - e, -e, 1 - e]
    expected = shrunk(above, [e * (1 - e) / n for n in (40, 40, 1)])
    got = [told[user]["price_sensitivity"] for user in ("ann", "bob", "cat")]
    assert got == pytest.approx(expected.tolist(), rel=1e-6)
    assert got[0] > 0.4 > got[2] > got[1]


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        (lines("ann", 2, 0), None),
        (lines("ann", 0, 2), None),
        (lines("ann", 1, 1), 0.5),
        ([event(off=1), event(days_ago=2, off=None)], 0.5),
        ([event(off=1), event(days_ago=2, cents=0), event(days_ago=3, cents=None, off=None)], None),
        ([event(off=1), event(days_ago=2), event(days_ago=3, store_id="bund")], 0.5),
        ([event(off=1, store_id=None), event(days_ago=2, store_id=None)], 0.5),
        ([event(off=1, order_id="o"), event(order_id="o"), event(days_ago=2)], 2 / 3),
    ],
    ids=[
        "nothing on discount", "all on discount", "some", "no discount stated is none", "no price says nothing",
        "a store without discounts says nothing", "no store is a store", "lines that nothing tells apart",
    ],
)  # fmt: skip
def test_what_counts(rows, share):
    told = habits(*rows).get("ann", {"discount_share": None, "price_sensitivity": None})
    assert told["discount_share"] == (None if share is None else pytest.approx(share))
    assert (told["price_sensitivity"] is None) == (share is None)


def test_what_came_back_was_not_bought_on_discount():
    rows = [event(off=100, order_id="o1"), event(days_ago=2, order_id="o2"), event(days_ago=3, off=9, order_id="o3")]
    assert habits(*rows)["ann"]["discount_share"] == pytest.approx(2 / 3)
    for kind in ("refund", "void"):
        back = {**event(off=None, cents=None, days_ago=0.5, order_id="o1"), "event_type": kind}
        assert habits(*rows, back)["ann"]["discount_share"] == 0.5


def test_the_price_level_is_that_of_the_shelf_beside_the_category():
    # The median drink costs 400, the median food 200; what a discount takes off changes nothing.
    rows = [event("ann", "latte", d, 600, 300) for d in range(1, 51)] + [
        event("ann", "bagel", d, 200) for d in range(1, 51)
    ]
    rows += [event("bob", "tea", d, 400) for d in range(1, 61)] + [event("bob", "odd", d, 9000) for d in range(1, 9)]
    told = habits(*rows)
    off = (math.log(1.5) / 2) ** 2 * 100  # ann's lines about her mean; bob's don't vary
    variance = off / 158
    expected = np.exp(shrunk([math.log(1.5) / 2, 0.0], [variance / 100, variance / 60]))
    assert [told["ann"]["price_level"], told["bob"]["price_level"]] == pytest.approx(expected.tolist(), rel=1e-6)
    assert told["ann"]["price_level"] == pytest.approx(1.5**0.5, rel=0.02)


def test_a_category_nobody_states_says_nothing():
    assert habits(event("ann", "odd", off=5), event("bob", "odd"))["ann"]["price_level"] is None


def test_one_line_each_is_chance():
    told = habits(event("ann", cents=100), event("bob", cents=400), event("cat", cents=900))
    assert len({round(row["price_level"], 5) for row in told.values()}) == 1


def test_columns_are_all_there_for_nobody():
    frame = price_habits(*standing([]), PRODUCTS)
    assert (frame.schema, len(frame)) == (pl.Schema(SCHEMA), 0)


def test_people_who_wait_for_discounts_are_found():
    """A chain in which a person's chance to take a discount is the store's and their own: what is told ranks them."""
    rng, rows, own = np.random.default_rng(3), [], {}
    for k in range(120):
        own[f"u{k:03}"] = leaning = rng.normal(0, 0.12)
        store = "soho" if k % 2 else "bund"
        n, p = int(rng.integers(2, 80)), np.clip((0.3 if k % 2 else 0.5) + leaning, 0.02, 0.98)
        rows += [event(f"u{k:03}", days_ago=d + 1, store_id=store, off=int(rng.random() < p)) for d in range(n)]
    told = habits(*rows)
    truth, seen = (
        np.array([source[u] for u in sorted(own)])
        for source in (own, {u: r["price_sensitivity"] for u, r in told.items()})
    )
    raw = np.array([told[u]["discount_share"] for u in sorted(own)])
    assert np.corrcoef(truth, seen)[0, 1] > max(0.75, np.corrcoef(truth, raw)[0, 1])
    assert np.mean((seen - truth) ** 2) < 0.5 * np.mean(truth**2)
