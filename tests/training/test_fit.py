"""The parts of a ranker: complete, aligned, and safe with next to nothing."""

import numpy as np
import polars as pl
import pytest

from models.history import History
from models.ranker import Ranker
from tests import world
from tests.training import market
from training.cases import Known
from training.errors import TrainingError
from training.fit import Factors, catalogue_of, fit_factors, fit_parts
from training.recipe import Recipe
from training.sales import coded, sales

RECIPE = Recipe(als_factors=8, als_iterations=3, cold_factors=4, cold_epochs=2)
LINES = coded(sales(market.events().lazy(), market.stores()))


def test_the_catalogue_is_what_sold_and_what_the_tables_say():
    found = catalogue_of(LINES, market.products(), market.stores())
    assert found.products == [*market.PRODUCTS, "p99"]
    assert found.categories[:3] == ["drink", "food", "sweet"]
    assert found.stores == ["north", "south"]
    alone = catalogue_of(LINES, None, None)
    assert (alone.products, alone.stores) == (market.PRODUCTS, ["north", "south"])
    assert alone.categories == [None] * 36


def test_parts_make_a_ranker_that_places_every_product():
    parts = fit_parts(Known(LINES), catalogue_of(LINES, market.products(), market.stores()), RECIPE)
    ranker = parts.ranker(np.ones(len(RECIPE.terms), np.float32))
    assert isinstance(ranker, Ranker)
    assert parts.arrays["has_history"].tolist() == [1] * 36 + [0]
    assert not parts.arrays["als_factors"][-1].any()
    assert parts.arrays["cold_factors"][-1].any(), "its category gives a product without history a place"
    assert parts.arrays["cold_factors"].shape == (37, 5)
    assert np.isfinite(ranker.score(History.empty(), store_id="north", hour_of_week=9).score).all()
    assert parts.parameters["strengths"]["popularity"] == 50
    assert not parts.ranker().score(History.empty(), store_id=None, hour_of_week=None).score.any()


def test_without_categories_there_are_no_cold_factors():
    parts = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE)
    assert parts.arrays["cold_factors"].shape == (36, 1)
    assert not parts.arrays["cold_factors"].any()


def test_factors_of_an_earlier_moment_move_to_a_wider_catalogue():
    early = LINES.filter(pl.col.product_id != "p00")
    factors = fit_factors(Known(early), catalogue_of(early, None, None), RECIPE)
    parts = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE, factors)
    assert not parts.arrays["als_factors"][0].any()
    np.testing.assert_array_equal(parts.arrays["als_factors"][1:], factors.als)
    same = Factors(["a"], np.ones((1, 2), np.float32), np.ones((1, 1), np.float32))
    assert same.numbered(["a"]) is same


def test_a_tiny_shop_falls_back_to_what_sells():
    bob = world.events().filter(pl.col.user_id == "bob")
    lines = coded(sales(bob.lazy(), world.stores()))
    parts = fit_parts(Known(lines), catalogue_of(lines, world.products(), world.stores()), RECIPE)
    assert parts.arrays["als_factors"].shape == (6, 1)
    assert parts.parameters["als"]["factors"] == 1
    parts.ranker()


def test_only_anonymous_tickets_still_say_what_sells():
    cookie = world.events().filter(pl.col.user_id.is_null())
    lines = coded(sales(cookie.lazy(), world.stores()))
    parts = fit_parts(Known(lines), catalogue_of(lines, world.products(), world.stores()), RECIPE)
    assert int(np.argmax(parts.arrays["popularity_global"])) == world.PRODUCTS.index("cookie")
    assert parts.arrays["rebuy_rate"].tolist() == [0.5] * 6


def test_no_sale_at_all_is_refused():
    with pytest.raises(TrainingError, match="no purchases to train on; ingest"):
        fit_parts(Known(LINES.clear()), catalogue_of(LINES, None, None), RECIPE)
