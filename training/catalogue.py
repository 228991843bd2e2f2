"""What can be ranked, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Catalogue:
    """What can be ranked and where. products: ascending ids; categories: aligned, None when not stated; stores: ascending."""

    products: list[str]
    categories: list[str | None]
    stores: list[str]


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


def places(ids: Sequence[str], products: Sequence[str]) -> NDArray[np.int64]:
    """Places of `ids` in `products`; both ascending, the former part of the latter."""
    return np.searchsorted(np.asarray(products, dtype=str), np.asarray(ids, dtype=str))
