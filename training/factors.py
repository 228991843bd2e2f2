"""Item factors, by the libraries that fit them: only what the recipe's terms ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training import als, lightfm_items
from training.cases import Known
from training.catalogue import Catalogue, places
from training.recipe import Recipe


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
        at, n = places(self.products, products), len(products)
        wider = []
        for factors in (self.als, self.cold):
            wide = np.zeros((n, factors.shape[1]), np.float32)
            wide[at] = factors
            wider.append(wide)
        return Factors(products, wider[0], wider[1])


def fit_factors(known: Known, catalogue: Catalogue, recipe: Recipe) -> Factors:
    """Fit what the recipe's terms ask for: ALS, and LightFM where categories are known.

    Without two users and two products to learn from, factors are one column of zeros.
    """
    histories, n, terms = known.histories, len(catalogue.products), {*recipe.usual_terms, *recipe.new_terms}
    als_factors, cold_factors = np.zeros((n, 1), np.float32), np.zeros((n, 1), np.float32)
    if len(histories.users) > 1 and len(histories.products) > 1:
        if "als" in terms:
            learned = als.fit_items(histories, recipe)
            als_factors = np.zeros((n, learned.shape[1]), np.float32)
            als_factors[places(histories.products, catalogue.products)] = learned
        if "cold" in terms and any(catalogue.categories):  # else LightFM could say nothing of a product without history
            cold_factors = lightfm_items.fit_items(histories, catalogue.products, catalogue.categories, recipe)
    return Factors(catalogue.products, als_factors, cold_factors)
