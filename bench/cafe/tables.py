"""The café's reference tables in the shape a chain hands over: products, stores, assortment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from bench.cafe.menu import PRODUCTS, STORES, menu

BAKED_A_DAY = 60


def product_table() -> pl.DataFrame:
    """The `products` input table, with `name_zh`."""
    columns = ["product_id", "name", "name_zh", "category", "price_cents", "cost_cents", "popularity"]
    return pl.DataFrame(PRODUCTS, schema=columns, orient="row").drop("popularity").sort("product_id")


def store_table() -> pl.DataFrame:
    """The `stores` input table."""
    columns = ["store_id", "name", "timezone", "opens", "closes", "latitude", "longitude", "above"]
    clock = pl.format("{}:00", pl.col("opens", "closes").cast(pl.String).str.zfill(2))
    return pl.DataFrame(STORES, schema=columns, orient="row").with_columns(clock).drop("above")


def assortment_table(counted: Sequence[datetime]) -> pl.DataFrame:
    """The `assortment` input table, as counted at each aware moment of `counted`.

    Food is baked for the day; drinks are made to order and have no stock.
    """
    it = menu()
    store, product = np.nonzero(it.sold)
    lines = pl.DataFrame(
        {
            "store_id": [it.store_ids[s] for s in store],
            "product_id": [it.product_ids[p] for p in product],
            "price_cents": it.price_cents[store, product],
            "stock_units": pl.Series([BAKED_A_DAY if it.is_food[p] else None for p in product], dtype=pl.Int64),
        }
    )
    stamps = [moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in counted]
    return lines.join(pl.DataFrame({"as_of": stamps}), how="cross").sort("store_id", "product_id", "as_of")
