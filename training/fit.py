"""FEATURES → ARRAYS: fit every part of a ranker but its blend, on the sales before one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.ranker import Ranker
from models.vocabulary import Vocabulary
from training import als, lightfm_items
from training.cases import Known
from training.errors import TrainingError
from training.popularity import priors, rebuy_rate
from training.recipe import Recipe

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Catalogue:
    """What can be ranked and where. products: ascending ids; categories: aligned, None when not stated; stores: ascending."""

    products: list[str]
    categories: list[str | None]
    stores: list[str]


@dataclass(frozen=True)
class Parts:
    """A ranker without its blend: arrays of the artifact but `blend_weights`, and the manifest's parameters."""

    arrays: Arrays
    parameters: dict[str, Any]

    def ranker(self, weights: NDArray[np.float32] | None = None) -> Ranker:
        """The serving core over these arrays; without `weights` every score is zero."""
        blend = np.zeros(len(self.parameters["blend_terms"]), np.float32) if weights is None else weights
        return Ranker.from_arrays({**self.arrays, "blend_weights": blend}, self.parameters)


@dataclass(frozen=True)
class Factors:
    """Item factors, the dear part of a fit. Row i of als float32[n, f] and of cold float32[n, g] is `products[i]`."""

    products: list[str]
    als: NDArray[np.float32]
    cold: NDArray[np.float32]

    def numbered(self, products: list[str]) -> Factors:
        """The same by rows of `products`, which hold all of ours; new ones get zeros."""
        if products == self.products:
            return self
        at, n = _rows(self.products, products), len(products)
        als_factors, cold_factors = (
            np.zeros((n, self.als.shape[1]), np.float32),
            np.zeros((n, self.cold.shape[1]), np.float32),
        )
        als_factors[at], cold_factors[at] = self.als, self.cold
        return Factors(products, als_factors, cold_factors)


def catalogue_of(lines: pl.DataFrame, products: pl.DataFrame | None, stores: pl.DataFrame | None) -> Catalogue:
    """All products and stores that were sold, or stand in the given tables (`product_id`, `category`; `store_id`)."""
    sold = lines.select(pl.col.product_id.unique().cast(pl.String))
    table = sold if products is None else products
    if "category" not in table.columns:
        table = table.with_columns(category=pl.lit(None, dtype=pl.String))
    stated = table.select("product_id", "category").unique("product_id", keep="first", maintain_order=True)
    every = pl.concat([sold, stated.select("product_id")]).unique().sort("product_id")
    every = every.join(stated, on="product_id", how="left", maintain_order="left")
    places = {*lines["store_id"].drop_nulls().unique(), *([] if stores is None else stores["store_id"])}
    return Catalogue(every["product_id"].to_list(), every["category"].to_list(), sorted(places))


def fit_factors(known: Known, catalogue: Catalogue, recipe: Recipe) -> Factors:
    """Fit ALS, and LightFM where categories are known; zero columns without two users and two products to learn from."""
    histories, n = known.histories, len(catalogue.products)
    als_factors, cold_factors = np.zeros((n, 1), np.float32), np.zeros((n, 1), np.float32)
    if len(histories.users) > 1 and len(histories.products) > 1:
        learned = als.fit_items(histories, recipe)
        als_factors = np.zeros((n, learned.shape[1]), np.float32)
        als_factors[_rows(histories.products, catalogue.products)] = learned
        if any(catalogue.categories):  # without them LightFM could say nothing of a product without history
            cold_factors = lightfm_items.fit_items(histories, catalogue.products, catalogue.categories, recipe)
    return Factors(catalogue.products, als_factors, cold_factors)


def fit_parts(known: Known, catalogue: Catalogue, recipe: Recipe, factors: Factors | None = None) -> Parts:
    """Fit everything but the blend on the sales known; `factors` may be given, of the same or an earlier moment."""
    if known.lines.is_empty():
        raise TrainingError("no purchases to train on; ingest events first, or take a later --through")
    factors = (factors or fit_factors(known, catalogue, recipe)).numbered(catalogue.products)
    parameters = recipe.parameters()
    parameters["als"]["factors"] = factors.als.shape[1]
    wide = recipe.popularity_strength_per_product * len(catalogue.products)
    parameters["strengths"]["popularity"] = max(recipe.popularity_strength, wide)
    rebuy = np.full(len(catalogue.products), 0.5, np.float32)
    if known.histories.products:
        rate = rebuy_rate(known.histories, recipe)
        rebuy[:] = np.median(rate)
        rebuy[_rows(known.histories.products, catalogue.products)] = rate
    sold = np.zeros(len(catalogue.products), np.uint8)
    sold[_rows(sorted(known.lines["product_id"].unique()), catalogue.products)] = 1
    arrays: Arrays = {
        **Vocabulary.encode(catalogue.products),
        **Vocabulary.encode(catalogue.stores, "stores"),
        "als_factors": factors.als,
        "als_gram": (factors.als.T.astype(np.float64) @ factors.als).astype(np.float32),
        "cold_factors": factors.cold,
        **priors(known.lines, catalogue.products, catalogue.stores, recipe),
        "rebuy_rate": rebuy,
        "has_history": sold,
        "response_slope": np.array([recipe.response_slope], np.float32),
    }
    return Parts(arrays, parameters)


def _rows(ids: Sequence[str], products: Sequence[str]) -> NDArray[np.int64]:
    """Places of `ids` in `products`; both ascending, the former part of the latter."""
    return np.searchsorted(np.asarray(products, dtype=str), np.asarray(ids, dtype=str))
