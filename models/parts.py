"""What a `ranker` artifact must hold: every array's dtype, shape and range, checked once, at load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.errors import ArtifactError
from models.options import Options, options_of
from models.popularity import LocalCounts
from models.vocabulary import Vocabulary

ARRAYS: Mapping[str, tuple[str, tuple[str | int, ...]]] = {
    "products_text": ("|u1", ("bytes of product ids",)),
    "products_offsets": ("<i8", ("products + 1",)),
    "stores_text": ("|u1", ("bytes of store ids",)),
    "stores_offsets": ("<i8", ("stores + 1",)),
    "als_factors": ("<f4", ("products", "factors")),
    "als_gram": ("<f4", ("factors", "factors")),
    "cold_factors": ("<f4", ("products", "cold factors")),
    "popularity_global": ("<f4", ("products",)),
    "pop_indptr": ("<i8", ("stores x dayparts + 1",)),
    "pop_rows": ("<i4", ("counted cells",)),
    "pop_counts": ("<f4", ("counted cells",)),
    "rebuy_rate": ("<f4", ("products",)),
    "has_history": ("|u1", ("products",)),
    "blend_weights": ("<f4", ("terms",)),
    "rhythm_prior": ("<f4", (168,)),
    "rhythm_store": ("<f4", ("stores", 168)),
    "response_slope": ("<f4", (1,)),
}
"""Name to dtype and shape; equal words are equal sizes."""


@dataclass(frozen=True)
class Parts:
    """The checked contents of a `ranker` artifact. Row j of every product array is product `products.ids[j]`."""

    products: Vocabulary
    stores: Vocabulary
    local: LocalCounts
    options: Options
    arrays: Mapping[str, np.ndarray]
    """As in `ARRAYS`, plain ndarrays (indexing a memory map costs a Python call each time)."""
    sorted_popularity: np.ndarray
    """float32[n]: `popularity_global` ascending, by which a product's place in the chain is found."""

    def popularity_rank(self, row: int) -> int:
        """Place of a product row among the chain's best sellers, from 1; equals share a place."""
        value = self.arrays["popularity_global"][row]
        return len(self.products) - int(np.searchsorted(self.sorted_popularity, value, side="right")) + 1


def parts_of(arrays: Mapping[str, np.ndarray], parameters: Mapping[str, Any]) -> Parts:
    """Check and gather. ArtifactError names the first array or parameter missing, misaligned or out of range."""
    plain = {name: np.asarray(array).view(np.ndarray) for name, array in arrays.items()}
    options = options_of(parameters)
    _check_shapes(plain, options)
    _check_values(plain)
    products = Vocabulary.from_arrays(plain["products_text"], plain["products_offsets"], "products")
    stores = Vocabulary.from_arrays(plain["stores_text"], plain["stores_offsets"], "stores")
    local = LocalCounts.of(
        plain["pop_indptr"], plain["pop_rows"], plain["pop_counts"], len(products), len(options.daypart_names)
    )
    return Parts(products, stores, local, options, plain, np.sort(plain["popularity_global"]))


def _check_shapes(arrays: Mapping[str, np.ndarray], options: Options) -> None:
    if missing := sorted(ARRAYS.keys() - arrays.keys()):
        raise _refusal(missing[0], "missing")
    if unknown := sorted(arrays.keys() - ARRAYS.keys()):
        raise _refusal(unknown[0], "not an array this build reads")
    n_stores = max(arrays["stores_offsets"].size - 1, 0)
    sizes: dict[str | int, int] = {
        "products": max(arrays["products_offsets"].size - 1, 0),
        "stores": n_stores,
        "stores x dayparts + 1": n_stores * len(options.daypart_names) + 1,
        "factors": options.als_factors,
        "terms": len(options.blend_terms),
    }
    for name, (dtype, shape) in ARRAYS.items():
        array = arrays[name]
        if array.dtype.str != dtype:
            raise _refusal(name, f"dtype {array.dtype.str}, not {dtype}")
        if array.ndim != len(shape):
            raise _refusal(name, f"{array.ndim} dimensions, not {len(shape)}")
        for word, size in zip(shape, array.shape, strict=True):
            expected = word if isinstance(word, int) else sizes.setdefault(word, size)
            if size != expected:
                raise _refusal(name, f"shape {array.shape}: {word} should be {expected}")
    if sizes["products"] == 0 or arrays["cold_factors"].shape[1] == 0:
        raise _refusal("products_offsets", "no products, or no cold factors")


def _check_values(arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise _refusal(name, "holds NaN or infinity; lower the learning rate or raise the regularization")
    for name in ("rhythm_prior", "rhythm_store"):
        if (arrays[name] < 0).any():
            raise _refusal(name, "holds a number below zero")
    if (arrays["popularity_global"] > 0).any():
        raise _refusal("popularity_global", "holds a log-probability above zero")
    if not ((arrays["rebuy_rate"] > 0) & (arrays["rebuy_rate"] <= 1)).all():
        raise _refusal("rebuy_rate", "holds a rate outside (0, 1]; smooth it")
    if (arrays["has_history"] > 1).any():
        raise _refusal("has_history", "holds something other than 0 and 1")
    if arrays["als_factors"][arrays["has_history"] == 0].any():
        raise _refusal("als_factors", "not zero for a product without history; set those rows to zero")
    _check_cells(arrays["pop_indptr"], arrays["pop_rows"], arrays["pop_counts"], len(arrays["has_history"]))


def _check_cells(indptr: np.ndarray, rows: np.ndarray, counts: np.ndarray, n_products: int) -> None:
    if indptr[0] != 0 or indptr[-1] != len(rows) or (np.diff(indptr) < 0).any():
        raise _refusal("pop_indptr", "does not rise from 0 to the number of pop_rows")
    if len(rows) and not (rows.min() >= 0 and rows.max() < n_products):
        raise _refusal("pop_rows", "names a product row that does not exist")
    first = np.zeros(len(rows) + 1, dtype=bool)
    first[indptr] = True
    if (np.diff(rows)[~first[1:-1]] <= 0).any():
        raise _refusal("pop_rows", "not ascending within a cell")
    if (counts <= 0).any():
        raise _refusal("pop_counts", "holds a count that is not above zero; drop it")


def _refusal(name: str, reason: str) -> ArtifactError:
    return ArtifactError(f"ranker array {name}: {reason}: train again")
