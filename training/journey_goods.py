"""Complete Journey's products with readable names and list prices, and what each store was selling in the last weeks."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from training.shapes import SCHEMAS, TYPES

LATEST = timedelta(weeks=13)


def products(catalogue: pl.DataFrame, bought: pl.DataFrame) -> pl.DataFrame:
    """Every product of the catalogue and every one bought, sorted by id.

    name: type and package size in readable case, `Product <id>` where nothing is told. category: `department > category`.
    price_cents: median unit price of the last 13 weeks, for a product not sold in them of all its sales, else null.
    """
    prices = [_medians(frame, ["product_id"]) for frame in (_latest(bought), bought)]
    told = catalogue.select(
        pl.col("product_id").cast(pl.String),
        _joined(
            ", ", _readable("product_type", "product_category"), _readable("package_size").str.to_lowercase()
        ).alias("name"),
        _joined(" > ", _readable("department"), _readable("product_category")).alias("category"),
    )
    ids = pl.concat([told["product_id"], bought["product_id"]]).unique()
    return (
        pl.DataFrame({"product_id": ids})
        .join(told, on="product_id", how="left")
        .join(prices[0], on="product_id", how="left")
        .join(prices[1], on="product_id", how="left", suffix="_ever")
        .with_columns(
            pl.coalesce("name", pl.format("Product {}", "product_id")).alias("name"),
            pl.coalesce("price_cents", "price_cents_ever").alias("price_cents"),
            pl.lit(None, pl.Int64).alias("cost_cents"),
        )
        .select(SCHEMAS["products"].names())
        .sort("product_id")
    )


def assortment(bought: pl.DataFrame) -> pl.DataFrame:
    """What each store sold in the last 13 weeks at its median unit price, as of the last sale; stock is not told."""
    return (
        _medians(_latest(bought), ["store_id", "product_id"])
        .with_columns(
            pl.lit(None, pl.Int64).alias("stock_units"),
            pl.lit(bought["occurred_at"].max(), TYPES["time"]).alias("as_of"),
        )
        .select(SCHEMAS["assortment"].names())
        .sort("store_id", "product_id")
    )


def _latest(bought: pl.DataFrame) -> pl.DataFrame:
    return bought.filter(pl.col("occurred_at") > pl.col("occurred_at").max() - LATEST)


def _medians(bought: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    # Lines of no value (a missing quantity, a gift) tell nothing of the price.
    paid = pl.col("unit_price_cents").filter(pl.col("unit_price_cents") > 0)
    return bought.group_by(by).agg(paid.median().round().cast(pl.Int64).alias("price_cents"))


def _readable(*names: str) -> pl.Expr:
    """`BREAD:ITALIAN/FRENCH` → `Bread: Italian/French`; the first of the columns that tells something."""
    spaced = pl.coalesce(names).str.replace_all(r":\s*", ": ").str.replace_all(r"\s+", " ").str.strip_chars()
    return spaced.str.to_titlecase()


def _joined(by: str, *parts: pl.Expr) -> pl.Expr:
    text = pl.concat_str(parts, separator=by, ignore_nulls=True)
    return pl.when(text != "").then(text)
