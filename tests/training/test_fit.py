"""The parts of a ranker: complete, aligned, and safe with next to nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.history import History
from models.ranker import Ranker
from models.term_names import GOODS_TERMS
from tests import world
from tests.training import market
from training.cases import Known
from training.catalogue import catalogue_of
from training.errors import TrainingError
from training.factors import fit_factors
from training.fit import fit_parts, mean_basket
from training.goods import goods
from training.near import neighbours
from training.popularity import rebuy_rate
from training.recipe import NEW_TERMS, Recipe
from training.sales import coded, sales
from training.visits import visits_of

RECIPE = Recipe(als_factors=8, als_iterations=3, cold_factors=4, cold_epochs=2, new_terms=(*NEW_TERMS, "als"))
LINES = coded(sales(market.events().lazy(), market.stores()))
WIDE = catalogue_of(LINES, market.products(), market.stores())
NEAR = ("next", "alike")


@pytest.fixture(scope="module")
def parts():
    """Of the whole market, with a product that never sold."""
    return fit_parts(Known(LINES), WIDE, RECIPE)


def test_parts_make_a_ranker_that_places_every_product(parts):
    ranker = parts.ranker(market.blend(RECIPE, {"habit": 1.0}, {"popularity": 1.0, "als": 1.0, "cold": 1.0}).arrays)
    assert isinstance(ranker, Ranker)
    assert ranker.product_ids.ids == WIDE.products
    assert ranker.store_ids.ids == ["north", "south"]
    for case in (History.empty(), Known(LINES).cases(["u07"], 512)[0].history):
        assert np.isfinite(ranker.score(case, store_id="north", hour_of_week=9).score).all()
    assert parts.parameters["strengths"]["popularity"] == 50
    assert parts.parameters["mean_basket"] == mean_basket(visits_of(LINES))


def test_without_a_blend_every_score_is_zero(parts):
    case = Known(LINES).cases(["u07"], 512)[0]
    assert len(case.history) > 5
    score = parts.ranker().score(case.history, store_id="north", hour_of_week=9).score
    assert (score.shape, score.any()) == ((37,), False)


def test_every_array_of_products_is_aligned_with_the_catalogue(parts):
    known, visits = Known(LINES), visits_of(LINES).numbered(WIDE.products)
    np.testing.assert_array_equal(parts.arrays["goods"], goods(visits))
    assert parts.arrays["goods"].shape == (37, len(GOODS_TERMS))
    np.testing.assert_array_equal(parts.arrays["rebuy_rate"][:36], rebuy_rate(known.histories, RECIPE))
    for name in NEAR:
        rows, values = neighbours(visits, name, RECIPE)
        np.testing.assert_array_equal(parts.arrays[f"{name}_rows"], rows)
        np.testing.assert_array_equal(parts.arrays[f"{name}_values"], values)
        assert values[:36].any(axis=1).all()
    factors = parts.arrays["als_factors"].astype(np.float64)
    np.testing.assert_allclose(parts.arrays["als_gram"], factors.T @ factors, rtol=1e-5, atol=1e-6)


def test_a_product_that_never_sold_has_no_factors_no_neighbours_and_a_modest_guess(parts):
    assert parts.arrays["has_history"].tolist() == [1] * 36 + [0]
    assert not parts.arrays["als_factors"][36].any()
    assert parts.arrays["als_factors"][:36].any(axis=1).all()
    assert parts.arrays["cold_factors"][36].any(), "its category gives a product without history a place"
    for name in NEAR:
        assert not parts.arrays[f"{name}_values"][36].any()
        assert not (parts.arrays[f"{name}_rows"][:36] == 36).any(), "and is nobody's"
    assert parts.arrays["rebuy_rate"][36] == np.median(parts.arrays["rebuy_rate"][:36])
    assert parts.arrays["popularity_global"].argmin() == 36


def test_rows_stay_with_their_products_when_an_unsold_one_comes_first(parts):
    before = pl.concat([pl.DataFrame({"product_id": ["a"], "category": ["food"]}), market.products()])
    moved = fit_parts(Known(LINES), catalogue_of(LINES, before, market.stores()), RECIPE)
    for name in ("als_factors", "goods", "popularity_global", "rebuy_rate", "has_history"):
        rest = parts.arrays[name][:36]
        np.testing.assert_allclose(moved.arrays[name][1:37], rest, rtol=0.02, atol=0.02, err_msg=name)
    for name in NEAR:
        kept = parts.arrays[f"{name}_values"][:36] > 0
        np.testing.assert_array_equal(
            moved.arrays[f"{name}_rows"][1:37][kept], parts.arrays[f"{name}_rows"][:36][kept] + 1
        )


def test_only_the_tables_that_a_term_reads_are_counted():
    recipe = replace(RECIPE, usual_terms=("habit", "alike"), new_terms=("popularity", "next"))
    arrays = fit_parts(Known(LINES), WIDE, recipe).arrays
    assert {name for name in arrays if name.endswith("_values")} == {"alike_values", "next_values"}
    none = replace(RECIPE, usual_terms=("habit",), new_terms=("popularity",))
    parts = fit_parts(Known(LINES), WIDE, none)
    assert not {name for name in parts.arrays if name.endswith(("_values",))}
    parts.ranker()


def test_factors_of_an_earlier_moment_move_to_a_wider_catalogue():
    early = LINES.filter(pl.col.product_id != "p00")
    factors = fit_factors(Known(early), catalogue_of(early, None, None), RECIPE)
    parts = fit_parts(Known(LINES), catalogue_of(LINES, None, None), RECIPE, factors)
    assert not parts.arrays["als_factors"][0].any()
    np.testing.assert_array_equal(parts.arrays["als_factors"][1:], factors.als)


def test_a_fit_does_not_lean_on_the_order_of_lines_and_repeats_to_the_bit(parts):
    shuffled = coded(sales(market.events().sample(fraction=1.0, shuffle=True, seed=9).lazy(), market.stores()))
    for lines in (LINES, shuffled):
        again = fit_parts(Known(lines), WIDE, RECIPE)
        assert again.parameters == parts.parameters
        for name, array in parts.arrays.items():
            if lines is LINES:
                assert again.arrays[name].tobytes() == array.tobytes(), name
            else:
                np.testing.assert_allclose(again.arrays[name], array, rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_tiny_shop_falls_back_to_what_sells():
    bob = world.events().filter(pl.col.user_id == "bob")
    lines = coded(sales(bob.lazy(), world.stores()))
    parts = fit_parts(Known(lines), catalogue_of(lines, world.products(), world.stores()), RECIPE)
    assert parts.arrays["als_factors"].shape == (6, 1)
    assert parts.parameters["als"]["factors"] == 1
    assert not any(parts.arrays[f"{name}_values"].any() for name in NEAR), "one person is nobody's neighbour"
    parts.ranker()


def test_only_anonymous_tickets_still_say_what_sells():
    cookie = world.events().filter(pl.col.user_id.is_null())
    lines = coded(sales(cookie.lazy(), world.stores()))
    parts = fit_parts(Known(lines), catalogue_of(lines, world.products(), world.stores()), RECIPE)
    assert int(np.argmax(parts.arrays["popularity_global"])) == world.PRODUCTS.index("cookie")
    assert parts.arrays["rebuy_rate"].tolist() == [0.5] * 6
    assert parts.parameters["mean_basket"] == 1
    parts.ranker()


def test_no_sale_at_all_is_refused():
    with pytest.raises(TrainingError, match="no purchases to train on; ingest"):
        fit_parts(Known(LINES.clear()), catalogue_of(LINES, None, None), RECIPE)


def test_mean_basket_counts_distinct_products_of_a_users_day():
    assert 1 < mean_basket(visits_of(LINES)) < 4
    assert mean_basket(visits_of(LINES.clear())) == 1
    assert mean_basket(visits_of(LINES.filter(pl.col.user_id == "u00").head(1))) == 1
