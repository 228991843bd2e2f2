"""What each store sells and at what price, as known before a moment.

A store named in the assortment table sells what its latest line of each product says. A store the table does not name is
taken to sell what was bought there in the year before, at the last price seen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

SEEN_WITHIN = timedelta(days=365)
_LISTS = {"product_ids": pl.String, "price_cents": pl.Int64, "stock_units": pl.Int64, "stock_known": pl.Boolean}
SCHEMA: dict[str, Any] = {"store_id": pl.String, **{name: pl.List(kind) for name, kind in _LISTS.items()}}


def assortments(
    stated: pl.DataFrame, events: pl.LazyFrame, products: pl.DataFrame, at: datetime
) -> tuple[pl.DataFrame, int]:
    """(one row per store, sorted, products ascending: the columns of `SCHEMA`; lines left out because nobody knows a price).

    stated: the assortment table. events: purchases before `at`. A line without a price takes the product's.
    `stock_units` is 0 where `stock_known` is false: no number stands for "unknown".
    """
    named = (
        stated.filter(pl.col.as_of.is_null() | (pl.col.as_of < at))
        .sort("as_of", nulls_last=False, maintain_order=True)
        .unique(["store_id", "product_id"], keep="last", maintain_order=True)
        .select("store_id", "product_id", "price_cents", "stock_units")
    )
    lines = pl.concat([named, _seen(events, at).filter(~pl.col.store_id.is_in(named["store_id"].unique().implode()))])
    listed = products.select("product_id", pl.col.price_cents.alias("listed"))
    lines = lines.join(listed, on="product_id", how="left").with_columns(
        price_cents=pl.coalesce("price_cents", "listed")
    )
    priced = lines.filter(pl.col.price_cents.is_not_null()).sort("store_id", "product_id")
    frame = priced.group_by("store_id", maintain_order=True).agg(
        pl.col.product_id.alias("product_ids"),
        pl.col.price_cents,
        pl.col.stock_units.fill_null(0).clip(0),
        pl.col.stock_units.is_not_null().alias("stock_known"),
    )
    return frame.cast(pl.Schema(SCHEMA)), len(lines) - len(priced)


def _seen(events: pl.LazyFrame, at: datetime) -> pl.DataFrame:
    """Products bought in each store lately, with the last price above zero."""
    bought = events.filter(
        (pl.col.event_type == "purchase") & pl.col.store_id.is_not_null() & (pl.col.occurred_at >= at - SEEN_WITHIN)
    )
    # Of two prices at one moment the higher: a price shown must not be one nobody was meant to pay.
    price = pl.col.unit_price_cents.sort_by("occurred_at", "unit_price_cents").filter(pl.col.unit_price_cents > 0)
    return (
        bought.group_by("store_id", "product_id")
        .agg(price.last().alias("price_cents"))
        .with_columns(stock_units=pl.lit(None, dtype=pl.Int64))
        .collect()
    )
