"""How a person takes to prices, from purchases that stand and nothing else: do they wait for discounts, buy dear or cheap.

A line is a purchase line that stands (`training.sales`) and has a price above zero. It is on discount when its `discount_cents`
is above zero. Lines of one user, product, store, order and moment are told apart by nothing: all of them count, at the highest of
their prices, and on discount if one of them is.

Discounts, after F. E. Webster, The "deal-prone" consumer, Journal of Marketing Research 2, 1965: how often somebody buys on
discount says little until it is held against how much was on discount where they shop.
  `discount_share`           d, the share of their lines that were on discount;
  `discount_share_expected`  e, the mean over their lines of e_s, the share on discount of all lines that store s sold, anybody's;
  `price_sensitivity`        d - e, shrunk (`training.shrinkage`) with variance sum e_s (1 - e_s) / n² over their n lines.
Only lines of stores that sold some lines on discount and some not count here, as the others say nothing; lines without a store
are one store. 0 is what was sold around them; .1 is ten lines in a hundred more on discount than that. No lines: null.

Price level: `price_level` is exp of the mean of log(price / median price of the product's category, over all lines of the chain),
shrunk, with variance s² / n: s² the variance of one line about its person's mean, pooled over people (where nobody has two lines,
that of people's means). 1 is the chain's usual, 1.2 a fifth dearer. The price is the shelf's, so a discount changes the one
measure and not the other. No line with a category: null.
"""

from __future__ import annotations

import polars as pl

from training.shrinkage import shrunk

SCHEMA: dict[str, pl.DataType] = {
    "user_id": pl.String(),
    "discount_share": pl.Float32(),
    "discount_share_expected": pl.Float32(),
    "price_sensitivity": pl.Float32(),
    "price_level": pl.Float32(),
}
_LINE = ("user_id", "product_id", "store_id", "order_id", "occurred_at")


def price_habits(events: pl.LazyFrame, bought: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`, one row per user of whom anything is known, sorted by user.

    events: purchases at least. bought: what `training.sales.sales` leaves of them. products: product_id, category.
    """
    lines = _priced(events, bought)
    known = _discounts(lines).join(_levels(lines, products), on="user_id", how="full", coalesce=True)
    return known.sort("user_id").select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _priced(events: pl.LazyFrame, bought: pl.DataFrame) -> pl.DataFrame:
    """Lines that stand and have a price, with `price` and `on_discount`."""
    paid = (
        events.filter((pl.col.event_type == "purchase") & (pl.col.unit_price_cents > 0))
        .group_by(_LINE)
        .agg(price=pl.col.unit_price_cents.max(), on_discount=(pl.col.discount_cents.fill_null(0) > 0).any())
        .collect()
    )
    return bought.select(_LINE).join(paid, on=_LINE, how="inner", nulls_equal=True)


def _discounts(lines: pl.DataFrame) -> pl.DataFrame:
    share = pl.col.on_discount.mean().over("store_id")
    told = lines.with_columns(e=share).filter(pl.col.user_id.is_not_null() & pl.col.e.is_between(0, 1, closed="none"))
    people = told.group_by("user_id").agg(
        discount_share=pl.col.on_discount.mean(),
        discount_share_expected=pl.col.e.mean(),
        variance=(pl.col.e * (1 - pl.col.e)).sum() / pl.len() ** 2,
    )
    people = people.sort("user_id")
    above = people["discount_share"] - people["discount_share_expected"]
    return people.drop("variance").with_columns(price_sensitivity=pl.Series(shrunk(above, people["variance"])))


def _levels(lines: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    kinds = products.select("product_id", "category").drop_nulls().unique("product_id")
    told = lines.join(kinds, on="product_id").with_columns(
        level=(pl.col.price / pl.col.price.median().over("category")).log()
    )
    own = told.filter(pl.col.user_id.is_not_null())
    people = own.group_by("user_id").agg(pl.col.level.mean(), n=pl.len(), off=(pl.len() - 1) * pl.col.level.var())
    people = people.sort("user_id")
    spare = len(own) - len(people)
    # Nobody has two lines: then what one line varies by is not known, and all that is seen may be chance.
    pooled = people["off"].sum() / spare if spare else people["level"].var()
    variance = people.select(v=pl.lit(pooled, pl.Float64).fill_null(0.0) / pl.col.n)["v"]
    level = pl.Series("price_level", shrunk(people["level"], variance), pl.Float64).exp()
    return people.select("user_id").with_columns(level)
