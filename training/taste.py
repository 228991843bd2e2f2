"""What a person likes: the categories they buy from, and their appetite for what they never bought.

A choice is a product in a visit (a store-local day), of purchases that stand (`training.sales`): however many lines or pieces.

`categories`, `category_shares`: at most five categories, by share, ties by name. A choice weighs DECAY ** (the person's visits
since), as in their history; a share is of the weight of all choices whose category is known.

`new_share`: of the choices in their last ten visits, the first visit of all left out, the share of products that they had bought
in no earlier visit (repeat against exploration: M. Li et al., A Next Basket Recommendation Reality Check, ACM TOIS 41, 2023).
Shrunk (`training.shrinkage`) with variance p (1 - p) / n: p that share of everybody's such choices together, n theirs. Null
before the second visit.
"""

from __future__ import annotations

import polars as pl

from models.history import DECAY
from training.shrinkage import shrunk

N_CATEGORIES = 5
LATE_VISITS = 10
SCHEMA = {
    "user_id": pl.String(),
    "categories": pl.List(pl.String()),
    "category_shares": pl.List(pl.Float32()),
    "new_share": pl.Float32(),
}


def tastes(bought: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The columns of `SCHEMA`, one row per user of `bought` (as `training.sales.sales` returns it), sorted by user.

    products: product_id, category. Somebody of whose products no category is known has empty lists.
    """
    choices = bought.filter(pl.col.user_id.is_not_null()).select("user_id", "product_id", "day").unique()
    choices = choices.with_columns(
        visit=pl.col.day.rank("dense").over("user_id"),
        first=pl.col.day.min().over("user_id", "product_id") == pl.col.day,
    ).with_columns(n_visits=pl.col.visit.max().over("user_id"))
    people = choices.select("user_id").unique().sort("user_id")
    frame = people.join(_categories(choices, products), on="user_id", how="left").join(
        _new_shares(choices), on="user_id", how="left"
    )
    none = pl.lit([], pl.List(pl.String()))
    frame = frame.with_columns(
        pl.col.categories.fill_null(none), pl.col.category_shares.fill_null(none.cast(pl.List(pl.Float64())))
    )
    return frame.sort("user_id").select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _categories(choices: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    kinds = products.select("product_id", "category").drop_nulls().unique("product_id")
    weight = DECAY ** (pl.col.n_visits - pl.col.visit).cast(pl.Float64)
    by_kind = choices.join(kinds, on="product_id").group_by("user_id", "category").agg(weight=weight.sum())
    shares = by_kind.with_columns(share=pl.col.weight / pl.col.weight.sum().over("user_id"))
    best = shares.sort("user_id", "share", "category", descending=[False, True, False])
    return best.group_by("user_id", maintain_order=True).agg(
        categories=pl.col.category.head(N_CATEGORIES), category_shares=pl.col.share.head(N_CATEGORIES)
    )


def _new_shares(choices: pl.DataFrame) -> pl.DataFrame:
    late = choices.filter((pl.col.visit > 1) & (pl.col.visit > pl.col.n_visits.cast(pl.Int64) - LATE_VISITS))
    people = late.group_by("user_id").agg(share=pl.col.first.mean(), n=pl.len()).sort("user_id")
    p = float(late["first"].cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
    variance = people.select(v=p * (1 - p) / pl.col.n)["v"]
    return people.select("user_id").with_columns(pl.Series("new_share", shrunk(people["share"], variance), pl.Float64))
