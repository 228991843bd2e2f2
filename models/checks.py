"""What a `ranker` artifact must hold before anything is reckoned from it: shapes first, then values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.errors import ArtifactError
from models.options import Options
from models.term_names import WIDE_TERMS

Shapes = Mapping[str, tuple[str, tuple[str | int, ...]]]
ARRAYS: Shapes = {
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
    "rhythm_prior": ("<f4", (168,)),
    "rhythm_store": ("<f4", ("stores", 168)),
    "response_slope": ("<f4", (1,)),
}
"""Name to dtype and shape; equal words are equal sizes. Every ranker has these."""
LINEAR: Shapes = {"blend_weights": ("<f4", ("terms",))}
"""What a linear blend has besides; artifacts before the forms were of this kind."""
FORMS: Shapes = {
    "goods": ("<f4", ("products", "goods terms")),
    "usual_range": ("<f4", ("usual terms", 3)),
    "usual_matrix": ("<f4", ("usual terms + 1", "usual terms + 1")),
    "new_range": ("<f4", ("new terms", 3)),
    "new_matrix": ("<f4", ("new terms + 1", "new terms + 1")),
}
"""What two forms have besides, and for each neighbour table that they read:"""
NEAR: Shapes = {"rows": ("<i4", ("products", "neighbours")), "values": ("<f4", ("products", "neighbours"))}


def shapes_of(options: Options) -> dict[str, tuple[str, tuple[str | int, ...]]]:
    """Every array that an artifact of these parameters has, with its dtype and shape."""
    if not options.usual_terms:
        return {**ARRAYS, **LINEAR}
    near = {f"{name}_{column}": shape for name in options.near_terms for column, shape in NEAR.items()}
    return {**ARRAYS, **FORMS, **near}


def check_shapes(arrays: Mapping[str, np.ndarray], options: Options) -> None:
    """ArtifactError for an array that is missing, not read, or of another dtype or shape."""
    wanted = shapes_of(options)
    if missing := sorted(wanted.keys() - arrays.keys()):
        raise _refusal(missing[0], "missing")
    if unknown := sorted(arrays.keys() - wanted.keys()):
        raise _refusal(unknown[0], "not an array this build reads")
    n_usual, n_new = len(options.usual_terms), len(options.new_terms)
    n_stores = max(arrays["stores_offsets"].size - 1, 0)
    sizes: dict[str | int, int] = {
        "products": max(arrays["products_offsets"].size - 1, 0),
        "stores": n_stores,
        "stores x dayparts + 1": n_stores * len(options.daypart_names) + 1,
        "factors": options.als_factors,
        "terms": len(options.blend_terms),
        "goods terms": len(options.goods_terms),
        "usual terms": n_usual,
        "usual terms + 1": n_usual + 1,
        "new terms": n_new,
        "new terms + 1": n_new + 1,
    }
    for name, (dtype, shape) in wanted.items():
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


def check_values(arrays: Mapping[str, np.ndarray], options: Options) -> None:
    """ArtifactError for a number that no fit could have meant."""
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
    for name in options.near_terms:
        rows, values = arrays[f"{name}_rows"], arrays[f"{name}_values"]
        if rows.size and not (rows.min() >= 0 and rows.max() < len(rows)):
            raise _refusal(f"{name}_rows", "names a product row that does not exist")
        if (values < 0).any():
            raise _refusal(f"{name}_values", "holds a number below zero")
    for half, terms in (("usual", options.usual_terms), ("new", options.new_terms)):
        if terms:
            _check_form(half, terms, arrays[f"{half}_range"], arrays[f"{half}_matrix"])


def _check_form(half: str, terms: tuple[str, ...], ranges: np.ndarray, matrix: np.ndarray) -> None:
    if (ranges[:, 0] > ranges[:, 1]).any():
        raise _refusal(f"{half}_range", "a low above its high")
    if not np.array_equal(matrix, matrix.T):
        raise _refusal(f"{half}_matrix", "not symmetric")
    wide = [place for place, name in enumerate(terms) if name in WIDE_TERMS]
    if half == "new" and matrix[wide, :-1].any():
        raise _refusal(f"{half}_matrix", f"a pair of {', '.join(WIDE_TERMS)}, which stand alone")


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
