"""Item factors: only what the terms ask for, aligned with the catalogue, zeros for what they cannot know."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.training import market
from training import als, lightfm_items
from training.cases import Known
from training.catalogue import catalogue_of
from training.factors import Factors, fit_factors
from training.recipe import Recipe
from training.sales import coded, sales

RECIPE = Recipe(als_factors=8, als_iterations=3, cold_factors=4, cold_epochs=2, new_terms=("als", "cold"))
LINES = coded(sales(market.events().lazy(), market.stores()))
KNOWN, WIDE = Known(LINES), catalogue_of(LINES, market.products(), None)


def test_factors_stand_in_the_catalogues_rows():
    factors = fit_factors(KNOWN, WIDE, RECIPE)
    assert factors.products == WIDE.products
    np.testing.assert_array_equal(factors.als[:36], als.fit_items(KNOWN.histories, RECIPE))
    assert not factors.als[36].any(), "p99 never sold"
    assert factors.cold.shape == (37, 5)
    assert factors.cold[36].any(), "its category gives a product without history a place"


def test_only_what_a_term_asks_for_is_fitted(monkeypatch):
    def refused(*args):
        raise AssertionError("nobody asked for this")

    monkeypatch.setattr(als, "fit_items", refused)
    assert not fit_factors(KNOWN, WIDE, replace(RECIPE, new_terms=("cold",))).als.any()
    monkeypatch.setattr(lightfm_items, "fit_items", refused)
    factors = fit_factors(KNOWN, WIDE, replace(RECIPE, new_terms=("popularity",)))
    assert (factors.als.shape, factors.cold.shape) == ((37, 1), (37, 1))
    assert not factors.cold.any()
    with pytest.raises(AssertionError):
        fit_factors(KNOWN, WIDE, replace(RECIPE, new_terms=(), usual_terms=("als",)))


def test_without_categories_there_are_no_cold_factors():
    factors = fit_factors(KNOWN, catalogue_of(LINES, None, None), RECIPE)
    assert factors.cold.shape == (36, 1)
    assert not factors.cold.any()
    assert factors.als.any()


def test_one_person_or_one_product_gives_a_column_of_zeros():
    for few in (pl.col.user_id == "u00", pl.col.product_id == "p00"):
        lines = LINES.filter(few)
        factors = fit_factors(Known(lines), catalogue_of(lines, market.products(), None), RECIPE)
        assert not factors.als.any()
        assert (factors.als.shape, factors.cold.shape) == ((37, 1), (37, 1))


def test_numbered_keeps_each_products_row():
    factors = Factors(["b", "d"], np.arange(4, dtype=np.float32).reshape(2, 2), np.ones((2, 3), np.float32))
    wide = factors.numbered(["a", "b", "c", "d", "e"])
    assert wide.products == ["a", "b", "c", "d", "e"]
    assert wide.als.tolist() == [[0, 0], [0, 1], [0, 0], [2, 3], [0, 0]]
    assert wide.cold[:, 0].tolist() == [0, 1, 0, 1, 0]
    assert wide.als.dtype == wide.cold.dtype == np.float32
    assert factors.numbered(["b", "d"]) is factors
