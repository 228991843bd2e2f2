"""Neighbours, against meetings counted by loops; and what one person did alone is in no table."""

from collections import Counter
from itertools import product as pairs

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training import market
from tests.training.test_goods import baskets_of
from tests.training.test_visits import LINE, PRODUCTS, lines_of
from training import near
from training.near import neighbours
from training.recipe import Recipe
from training.sales import sales
from training.visits import visits_of

NAMES = ("together", "next", "alike")
PUBLIC = 2
"""Buyers from which a product may be a neighbour, in the small tests."""


def dense(rows, name, recipe, least):
    """({(i, j): shrunk cosine} of all pairs above zero), by loops."""
    met, sold, buyers = Counter(), Counter(), Counter()
    for told in baskets_of(rows).values():
        recent = [basket for _, basket in told][-recipe.neighbour_visits :]
        if name == "alike":
            counts = Counter(product for _, basket in told for product in basket)
            dearest = sorted(counts, key=lambda product: (-counts[product], product))[: recipe.alike_kinds]
            met.update(pairs(dearest, dearest))
            sold.update(dearest)
            buyers.update(dearest)
            continue
        sold.update(product for basket in recent for product in basket)
        buyers.update({product for basket in recent for product in basket})
        for one, other in zip(recent, recent if name == "together" else recent[1:], strict=False):
            met.update(pairs(one, other))
    return {
        (i, j): count / np.sqrt((sold[i] + 5.0) * (sold[j] + 5.0))
        for (i, j), count in met.items()
        if i != j and buyers[i] >= least and buyers[j] >= least
    }


def table_of(values, n, most):
    """(rows, values) of the `most` greatest of each product, ties by row; its own row and 0 after the last."""
    rows, kept = np.repeat(np.arange(n)[:, None], most, axis=1), np.zeros((n, most))
    for i in range(n):
        best = sorted((-round(value, 9), j) for (at, j), value in values.items() if at == i)[:most]
        rows[i, : len(best)], kept[i, : len(best)] = [j for _, j in best], [-value for value, _ in best]
    return rows, kept


def same(found, values, most):
    """The table holds the greatest values, in order, each beside the product it is of."""
    rows, kept = found
    np.testing.assert_allclose(kept, table_of(values, len(rows), most)[1], rtol=1e-5)
    for i, place in np.argwhere(kept > 0).tolist():
        assert kept[i, place] == pytest.approx(values[i, rows[i, place]], rel=1e-5)
    assert all(len(set(row[kept[i] > 0])) == (kept[i] > 0).sum() for i, row in enumerate(rows))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(st.lists(LINE, max_size=50), st.integers(1, 7), st.integers(1, 5), st.integers(1, 3), st.integers(1, 9))
def test_each_table_is_what_loops_count(name, rows, most, n_visits, kinds, chunk):
    recipe = Recipe(neighbours=most, neighbour_visits=n_visits, alike_kinds=kinds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near, "LEAST_BUYERS", PUBLIC)
        patch.setattr(near, "_CHUNK", chunk)
        found = neighbours(visits_of(lines_of(rows)).numbered(PRODUCTS), name, recipe)
    values = dense(rows, name, recipe, PUBLIC)
    same(found, values, most)
    np.testing.assert_array_equal(found[0] * (found[1] > 0), table_of(values, len(PRODUCTS), most)[0] * (found[1] > 0))
    assert (found[0].dtype, found[1].dtype) == (np.int32, np.float32)


@pytest.fixture(scope="module")
def lines():
    """The market's sales lines."""
    return sales(market.events().lazy(), market.stores())


@pytest.fixture(scope="module")
def bought(lines):
    """The same as (user, product number, day number)."""
    told = lines.select("user_id", "product_id", pl.col.day.cast(pl.Int32)).unique()
    return [(user, market.PRODUCTS.index(product), day) for user, product, day in told.iter_rows()]


@pytest.mark.parametrize("name", NAMES)
def test_the_markets_tables_are_what_loops_count(name, lines, bought, monkeypatch):
    recipe = Recipe(neighbours=8, neighbour_visits=12, alike_kinds=5)
    visits = visits_of(lines).numbered(market.PRODUCTS)
    wanted = dense(bought, name, recipe, near.LEAST_BUYERS)
    assert len(wanted) > 36 * 8, "most products have more neighbours than are kept"
    whole = neighbours(visits, name, recipe)
    same(whole, wanted, 8)
    for chunk in (1, 35, 36, 37):
        monkeypatch.setattr(near, "_CHUNK", chunk)
        for one, other in zip(neighbours(visits, name, recipe), whole, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_no_product_is_its_own_neighbour_and_the_strongest_stand_first(name, lines):
    rows, values = neighbours(visits_of(lines).numbered(market.PRODUCTS), name, Recipe(neighbours=10))
    assert not ((rows == np.arange(36)[:, None]) & (values > 0)).any()
    assert (np.diff(values, axis=1) <= 0).all()
    assert (values < 1).all()


def test_what_comes_next_has_a_direction_and_what_goes_together_has_none():
    rows = [(f"u{u}", product, day) for u in range(9) for product, day in ((0, 0), (1, 1), (2, 1))]
    visits, recipe = visits_of(lines_of(rows)).numbered(PRODUCTS), Recipe(neighbours=3)
    table, values = neighbours(visits, "next", recipe)
    assert table[0, :2].tolist() == [1, 2]
    assert (values[0, :2] > 0).all()
    assert not values[1:].any(), "nothing came after the second visit, and never from one person to the next"
    table, values = neighbours(visits, "together", recipe)
    assert (table[1, 0], table[2, 0], values[1, 0]) == (2, 1, values[2, 0])
    assert not values[0].any()


def test_ties_at_the_last_place_kept_go_to_the_lesser_row():
    rows = [(f"u{u}", product, 0) for u in range(6) for product in range(5)]
    for name in ("together", "alike"):
        table, _ = neighbours(visits_of(lines_of(rows)).numbered(PRODUCTS), name, Recipe(neighbours=2))
        assert table[:5].tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]


def one_more_buyer(n_buyers):
    """Products 0 and 1 in everybody's baskets, and 2 in ten baskets of each of the first few people."""
    rows = [(f"u{u}", product, day) for u in range(9) for day in range(10) for product in (0, 1)]
    return rows + [(f"u{u}", 2, day) for u in range(n_buyers) for day in range(10)]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_few_people_buy_however_often_is_in_no_table(name):
    recipe = Recipe(neighbours=4)
    few, enough = (
        neighbours(visits_of(lines_of(one_more_buyer(n))).numbered(PRODUCTS), name, recipe)
        for n in (near.LEAST_BUYERS - 1, near.LEAST_BUYERS)
    )
    others = np.arange(len(PRODUCTS)) != 2
    assert not (few[0][others] == 2).any(), "not even with nothing beside it"
    assert not few[1][2].any(), "and its own row says nothing of those who buy it"
    assert (enough[0][:2] == 2).any(axis=1).all()
    assert enough[1][2].any()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_known_is_a_table_of_zeros(name):
    rows, values = neighbours(visits_of(lines_of([])).numbered(PRODUCTS), name, Recipe(neighbours=2))
    assert rows.tolist() == [[n, n] for n in range(len(PRODUCTS))]
    assert not values.any()
