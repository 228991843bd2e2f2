"""FEATURES → ARRAYS: fit every part of a ranker but its blend, on the sales before one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ranker import Ranker
from models.term_names import NEAR_TERMS
from models.vocabulary import Vocabulary
from training.cases import Known
from training.catalogue import Catalogue, places
from training.errors import TrainingError
from training.factors import Factors, fit_factors
from training.goods import goods
from training.near import neighbours
from training.popularity import priors, rebuy_rate
from training.recipe import Recipe
from training.visits import Visits

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Parts:
    """A ranker without its blend: arrays of the artifact but the two forms, and the manifest's parameters."""

    arrays: Arrays
    parameters: dict[str, Any]

    def ranker(self, blend: Mapping[str, NDArray[np.float32]] | None = None) -> Ranker:
        """The serving core over these arrays; without the forms of `blend` every score is zero."""
        return Ranker.from_arrays({**self.arrays, **(blend or self._empty())}, self.parameters)

    def _empty(self) -> Arrays:
        sizes = {half: len(self.parameters[f"{half}_terms"]) for half in ("usual", "new")}
        ranges = {f"{half}_range": np.zeros((n, 3), np.float32) for half, n in sizes.items()}
        return {**ranges, **{f"{half}_matrix": np.zeros((n + 1, n + 1), np.float32) for half, n in sizes.items()}}


def fit_parts(known: Known, catalogue: Catalogue, recipe: Recipe, factors: Factors | None = None) -> Parts:
    """Fit everything but the blend on the sales known; `factors` may be given, of the same or an earlier moment."""
    if known.lines.is_empty():
        raise TrainingError("no purchases to train on; ingest events first, or take a later --through")
    factors = (factors or fit_factors(known, catalogue, recipe)).numbered(catalogue.products)
    parameters = recipe.parameters()
    parameters["als"]["factors"] = factors.als.shape[1]
    wide = recipe.popularity_strength_per_product * len(catalogue.products)
    parameters["mean_basket"] = mean_basket(known.visits)
    parameters["strengths"]["popularity"] = max(recipe.popularity_strength, wide)
    rebuy = np.full(len(catalogue.products), 0.5, np.float32)
    # Where nobody has bought anything twice yet, nothing is known: a rate of nearly 0 would bury what people have just bought.
    if (known.histories.counts >= 2).any():
        rate = rebuy_rate(known.histories, recipe)
        rebuy[:] = np.median(rate)
        rebuy[places(known.histories.products, catalogue.products)] = rate
    sold = np.zeros(len(catalogue.products), np.uint8)
    sold[places(sorted(known.lines["product_id"].unique()), catalogue.products)] = 1
    arrays: Arrays = {
        **Vocabulary.encode(catalogue.products),
        **Vocabulary.encode(catalogue.stores, "stores"),
        "als_factors": factors.als,
        "als_gram": (factors.als.T.astype(np.float64) @ factors.als).astype(np.float32),
        "cold_factors": factors.cold,
        **priors(known.lines, catalogue.products, catalogue.stores, recipe),
        "rebuy_rate": rebuy,
        **_counted(known.visits.numbered(catalogue.products), recipe),
        "has_history": sold,
        "response_slope": np.array([recipe.response_slope], np.float32),
    }
    return Parts(arrays, parameters)


def _counted(visits: Visits, recipe: Recipe) -> Arrays:
    """`goods`, and the neighbour tables that the recipe's terms ask for."""
    arrays: Arrays = {"goods": goods(visits)}
    for name in NEAR_TERMS:
        if name in recipe.usual_terms or name in recipe.new_terms:
            arrays[f"{name}_rows"], arrays[f"{name}_values"] = neighbours(visits, name, recipe)
    return arrays


def mean_basket(visits: Visits) -> float:
    """Distinct products of a user's visit, on average; 1 when there is none."""
    return len(visits.row) / int(visits.n_visits.sum()) if len(visits.row) else 1.0
