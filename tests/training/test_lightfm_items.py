"""Item representations: categories carry products without history."""

import numpy as np
import pytest

from models.terms import cold_user
from tests.training.folded import histories
from training import lightfm_items
from training.errors import TrainingError
from training.recipe import Recipe

RECIPE = Recipe(cold_factors=6, cold_epochs=30)
PRODUCTS = [*(f"d{n}" for n in range(10)), *(f"f{n}" for n in range(10)), "x_drink", "x_food", "x_none"]
CATEGORIES = [*["drink"] * 10, *["food"] * 10, "drink", "food", None]


def two_tastes():
    """Twenty people who drink, twenty who eat."""
    rng = np.random.default_rng(0)
    rows = [(f"{'df'[u % 2]}{u}", f"{'df'[u % 2]}{p}", u) for u in range(40) for p in rng.choice(10, 5, replace=False)]
    return histories(rows)


def test_a_product_nobody_bought_stands_where_its_category_stands():
    histories = two_tastes()
    factors = lightfm_items.fit_items(histories, PRODUCTS, CATEGORIES, RECIPE)
    assert (factors.shape, factors.dtype) == ((23, 7), np.float32)
    at = {product: row for row, product in enumerate(PRODUCTS)}
    wide = histories.numbered(PRODUCTS)
    for user, name in enumerate(wide.users):
        own = wide.rows[wide.indptr[user] : wide.indptr[user + 1]]
        scores = factors @ cold_user(factors, own, np.ones(len(own), np.float32))
        likes, other = ("x_drink", "x_food") if name[0] == "d" else ("x_food", "x_drink")
        assert scores[at[likes]] > scores[at[other]]


def test_the_same_seed_gives_the_same_bytes():
    one, two = (lightfm_items.fit_items(two_tastes(), PRODUCTS, CATEGORIES, RECIPE) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_only_the_latest_pairs_are_learned_from():
    histories = two_tastes()
    few = lightfm_items.fit_items(histories, PRODUCTS, CATEGORIES, Recipe(cold_factors=6, cold_epochs=5, cold_pairs=5))
    many = lightfm_items.fit_items(histories, PRODUCTS, CATEGORIES, Recipe(cold_factors=6, cold_epochs=5))
    assert not np.array_equal(few, many)


def test_a_library_that_is_not_there_says_so(monkeypatch):
    monkeypatch.setattr(lightfm_items.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match="lightfm is not installed"):
        lightfm_items._library()


def test_embeddings_that_are_not_finite_say_what_to_change(monkeypatch):
    library = lightfm_items._library()

    class Diverging(library.LightFM):
        def fit(self, *args, **kwargs):
            super().fit(*args, **kwargs)
            self.item_embeddings[0] = np.nan
            return self

    monkeypatch.setattr(library, "LightFM", Diverging)
    with pytest.raises(TrainingError, match=r"LightFM diverged: .*lower cold_epochs"):
        lightfm_items.fit_items(two_tastes(), PRODUCTS, CATEGORIES, Recipe(cold_factors=2, cold_epochs=1))
