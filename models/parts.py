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
PLACES_BYTES, MOST_PLACES, LEAST_PLACES = 4 << 20, 256, 4
"""Of the places whose sales are kept at hand, 4 bytes a product each; how many they are at most and at least."""


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
    def n_places(self) -> int:
        """How many places are kept at hand."""
        return min(MOST_PLACES, max(LEAST_PLACES, PLACES_BYTES // (4 * max(1, len(self.products)))))

    @cached_property
    def stated(self) -> Callable[[tuple[str, ...]], tuple[list[int], np.ndarray]]:
        """terms -> (places of those that every product has whoever asks, their columns of `table`); one kept per form."""
        # What is kept must not hold these parts: a model that is replaced goes when the last request lets go of it.
        goods, arrays, n = self.options.goods_terms, self.arrays, len(self.products)
        return lru_cache(maxsize=2)(lambda terms: _stated(arrays, goods, n, terms))

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
        log_global, strength, cell = self.arrays["popularity_global"], self.options.popularity_strength, self.cell
        return lru_cache(maxsize=self.n_places)(lambda store, daypart: lift(log_global, cell(store, daypart), strength))

    @cached_property
    def cell(self) -> Callable[[int | None, int | None], Cell]:
        """(store, daypart) -> what sold there; the latest few are kept."""
        return lru_cache(maxsize=self.n_places)(self.local.cell)

    def table(self, terms: tuple[str, ...]) -> np.ndarray:
        """float32[n, T]: what every product has whoever asks, 0 where a question gives the term."""
        return _table(self.arrays, self.options.goods_terms, len(self.products), terms)

    @cached_property
    def rank_words(self) -> Callable[[int], str]:
        """Product row -> its place among the chain's best sellers in words; kept, as the same ones are shown again and again."""
        popularity, ascending = self.arrays["popularity_global"], self.sorted_popularity
        return lru_cache(maxsize=WORDS_KEPT)(
            lambda row: f"number {_rank(popularity, ascending, row)} of {len(ascending)} in the chain"
        )

    def popularity_rank(self, row: int) -> int:
        """Place of a product row among the chain's best sellers, from 1; equals share a place."""
        return _rank(self.arrays["popularity_global"], self.sorted_popularity, row)


def _rank(popularity: np.ndarray, ascending: np.ndarray, row: int) -> int:
    return len(ascending) - int(np.searchsorted(ascending, popularity[row], side="right")) + 1


def _table(
    arrays: Mapping[str, np.ndarray], goods_terms: tuple[str, ...], n: int, terms: tuple[str, ...]
) -> np.ndarray:
    goods = {name: arrays["goods"][:, place] for place, name in enumerate(goods_terms)}
    own = {"popularity": arrays["popularity_global"], "rebuy": np.log(arrays["rebuy_rate"]), **goods}
    table = np.zeros((n, len(terms)), dtype=np.float32)
    for place, name in enumerate(terms):
        if name in own:
            table[:, place] = own[name]
    return table


def _stated(
    arrays: Mapping[str, np.ndarray], goods_terms: tuple[str, ...], n: int, terms: tuple[str, ...]
) -> tuple[list[int], np.ndarray]:
    known = {"popularity", "rebuy", *goods_terms}
    places = [place for place, name in enumerate(terms) if name in known]
    return places, _table(arrays, goods_terms, n, tuple(terms[place] for place in places))


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
