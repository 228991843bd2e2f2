"""The checked contents of a `ranker` artifact, as the arithmetic reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from models.checks import check_shapes, check_values
from models.lanes import widened
from models.neighbours import Neighbours
from models.options import Options, options_of
from models.popularity import Cell, LocalCounts, lift
from models.vocabulary import Vocabulary

WORDS_KEPT = 65_536
PLACES_KEPT = 64
"""Places whose sales are kept at hand: at most these many times 4 bytes a product."""


@dataclass(frozen=True)
class Parts:
    """The checked contents of a `ranker` artifact. Row j of every product array is product `products.ids[j]`."""

    products: Vocabulary
    stores: Vocabulary
    local: LocalCounts
    options: Options
    arrays: Mapping[str, np.ndarray]
    """As in `checks.py`, plain ndarrays (indexing a memory map costs a Python call each time)."""
    sorted_popularity: np.ndarray
    """float32[n]: `popularity_global` ascending, by which a product's place in the chain is found."""
    neighbours: Mapping[str, Neighbours]
    """By name, for the tables that a form reads."""

    @cached_property
    def table(self) -> Callable[[tuple[str, ...]], np.ndarray]:
        """terms -> float32[n, T]: what every product has whoever asks, 0 where a question gives the term; one kept per form."""
        return lru_cache(maxsize=2)(self._table)

    @cached_property
    def stated(self) -> Callable[[tuple[str, ...]], tuple[list[int], np.ndarray]]:
        """terms -> (places of those that every product has whoever asks, their columns of `table`); one kept per form."""
        return lru_cache(maxsize=2)(self._stated)

    @cached_property
    def has_tastes(self) -> bool:
        """Whether LightFM was fitted; without categories `cold_factors` are zeros."""
        return bool(self.arrays["cold_factors"].any())

    @cached_property
    def cold_lanes(self) -> np.ndarray:
        """float32[g, n']: `cold_factors` lying down, as a thin matrix meets a vector several times faster that way."""
        return widened(self.arrays["cold_factors"].T)

    @cached_property
    def here(self) -> Callable[[int | None, int | None], np.ndarray]:
        """(store, daypart) -> float32[n]: `popularity.lift` there; the latest few are kept, as many users share a place."""
        log_global, strength = self.arrays["popularity_global"], self.options.popularity_strength
        return lru_cache(maxsize=PLACES_KEPT)(
            lambda store, daypart: lift(log_global, self.cell(store, daypart), strength)
        )

    @cached_property
    def cell(self) -> Callable[[int | None, int | None], Cell]:
        """(store, daypart) -> what sold there; the latest few are kept."""
        return lru_cache(maxsize=PLACES_KEPT)(self.local.cell)

    def _stated(self, terms: tuple[str, ...]) -> tuple[list[int], np.ndarray]:
        known = {"popularity", "rebuy", *self.options.goods_terms}
        places = [place for place, name in enumerate(terms) if name in known]
        return places, self._table(tuple(terms[place] for place in places))

    def _table(self, terms: tuple[str, ...]) -> np.ndarray:
        goods = {name: self.arrays["goods"][:, place] for place, name in enumerate(self.options.goods_terms)}
        own = {"popularity": self.arrays["popularity_global"], "rebuy": np.log(self.arrays["rebuy_rate"]), **goods}
        table = np.zeros((len(self.products), len(terms)), dtype=np.float32)
        for place, name in enumerate(terms):
            if name in own:
                table[:, place] = own[name]
        return table

    @cached_property
    def rank_words(self) -> Callable[[int], str]:
        """Product row -> its place among the chain's best sellers in words; kept, as the same ones are shown again and again."""
        n = len(self.products)
        return lru_cache(maxsize=WORDS_KEPT)(lambda row: f"number {self.popularity_rank(row)} of {n} in the chain")

    def popularity_rank(self, row: int) -> int:
        """Place of a product row among the chain's best sellers, from 1; equals share a place."""
        value = self.arrays["popularity_global"][row]
        return len(self.products) - int(np.searchsorted(self.sorted_popularity, value, side="right")) + 1


def parts_of(arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Parts:
    """Check and gather. ArtifactError names the first array or parameter missing, misaligned or out of range."""
    plain = {name: np.asarray(array).view(np.ndarray) for name, array in arrays.items()}
    options = options_of(parameters)
    check_shapes(plain, options)
    check_values(plain, options)
    products = Vocabulary.from_arrays(plain["products_text"], plain["products_offsets"], "products")
    stores = Vocabulary.from_arrays(plain["stores_text"], plain["stores_offsets"], "stores")
    local = LocalCounts.of(
        plain["pop_indptr"], plain["pop_rows"], plain["pop_counts"], len(products), len(options.daypart_names)
    )
    near = {name: Neighbours(plain[f"{name}_rows"], plain[f"{name}_values"]) for name in options.near_terms}
    return Parts(products, stores, local, options, plain, np.sort(plain["popularity_global"]), near)
