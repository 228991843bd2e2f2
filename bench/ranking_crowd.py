"""What the speed of the ranking is measured on: a ranker with every term, the best sellers, and everybody several times over."""

from __future__ import annotations

import polars as pl

from models.ranker import Ranker
from training.cases import Case, Known
from training.catalogue import catalogue_of
from training.cuts import inner_windows
from training.fit import fit_parts
from training.ranked import Report
from training.recipe import Recipe
from training.sales import coded
from training.tuning import Tables, tune


def with_every_term(lines: pl.DataFrame, known: Tables, recipe: Recipe, report: Report) -> tuple[Ranker, list[Case]]:
    """A ranker with LightFM's factors in it too, which need categories, and everybody's history."""
    tuned = tune(lines, inner_windows(lines, recipe.windows), known, recipe, report)
    past = Known(lines)
    ranker = fit_parts(past, catalogue_of(lines, known.products, None), recipe).ranker(tuned.blend.arrays)
    return ranker, past.cases(past.histories.users, recipe.history_limit)


def best_sellers(lines: pl.DataFrame, most: int) -> list[str]:
    """The `most` products of most sales, ties by id."""
    sold = lines.group_by(pl.col.product_id.cast(pl.String)).len().sort("len", "product_id", descending=[True, False])
    return sold["product_id"].head(most).to_list()


def replicated(lines: pl.DataFrame, copies: int) -> pl.DataFrame:
    """Every user `copies` times, each with a name and orders of their own."""
    plain = lines.with_columns(
        pl.col("user_id", "order_id").cast(pl.String), pl.col("product_id", "store_id").cast(pl.String)
    )
    every = [plain.with_columns(pl.col("user_id", "order_id") + pl.lit(f"~{number}")) for number in range(copies)]
    return coded(pl.concat(every))
