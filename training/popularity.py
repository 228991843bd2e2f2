"""Priors without a person in them: what sells where and when, how often it is bought again, and when stores are busy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.timing import WEEK, daypart_of_hour
from training.histories import Histories
from training.recipe import DAYPARTS, Recipe

Arrays = dict[str, NDArray[np.generic]]
_LEAST_RATE = 1e-4
_TICKET = ("order_id", "who", "when", "store_id", "day")


def priors(sales: pl.DataFrame, products: Sequence[str], stores: Sequence[str], recipe: Recipe) -> Arrays:
    """Popularity and rhythm arrays of a `ranker` artifact.

    sales: as `training.sales` returns them, anonymous tickets included. products, stores: ascending ids. A product counts
    once per ticket, halved every `popularity_half_life_days` before the last sale; a ticket is an order, else a user's day.
    """
    tickets = _numbered(_tickets(sales, recipe.popularity_half_life_days), "product_id", products, "row")
    totals = np.bincount(tickets["row"], weights=tickets["weight"], minlength=len(products))
    log_share = np.log((totals + 1.0) / (totals.sum() + len(products)))
    return {
        "popularity_global": np.minimum(log_share, 0.0).astype(np.float32),
        **_cells(tickets, stores),
        **_rhythm(tickets, stores),
    }


def rebuy_rate(histories: Histories, recipe: Recipe) -> NDArray[np.float32]:
    """Share of a product's buyers who bought it on two or more visits, float32[n] in (0, 1], row i `histories.products[i]`.

    Shrunk to the share over all products with `rebuy_strength` buyers' worth (posterior mean of a beta prior).
    """
    n = len(histories.products)
    buyers = np.bincount(histories.rows, minlength=n).astype(np.float64)
    again = np.bincount(histories.rows, weights=histories.counts >= 2, minlength=n)
    usual = again.sum() / max(buyers.sum(), 1.0)
    rate = (again + recipe.rebuy_strength * usual) / (buyers + recipe.rebuy_strength)
    return np.clip(rate, _LEAST_RATE, 1.0).astype(np.float32)


def _tickets(sales: pl.DataFrame, half_life_days: float) -> pl.DataFrame:
    """Distinct products of distinct tickets: ticket, row-wise day weights, and where and when it was."""
    age_days = (pl.col.day.max() - pl.col.day).dt.total_days()
    loose = pl.col.order_id.is_null()
    who = pl.when(loose).then(pl.col.user_id)
    # Nobody and no order: a ticket is then all that was sold at that second.
    when = pl.when(loose & pl.col.user_id.is_null()).then(pl.col.occurred_at)
    return (
        sales.lazy()
        .with_columns(weight=0.5 ** (age_days / half_life_days), who=who, when=when)
        .unique([*_TICKET, "product_id"], keep="first", maintain_order=True)
        .select(*_TICKET, "product_id", "hour_of_week", "weight")
        .collect()
    )


def _cells(tickets: pl.DataFrame, stores: Sequence[str]) -> Arrays:
    """Weights per store and daypart as CSR: pop_indptr int64[S·D+1], pop_rows int32, pop_counts float32."""
    part = pl.Series(daypart_of_hour(DAYPARTS))
    known = _numbered(tickets, "store_id", stores, "store")
    daypart = part.gather(known["hour_of_week"] % 24)
    cells = (
        known.with_columns(cell=pl.col.store * len(DAYPARTS) + daypart)
        .group_by("cell", "row")
        .agg(pl.col.weight.sum())
        .filter(pl.col.weight.cast(pl.Float32) > 0)
        .sort("cell", "row")
    )
    sizes = np.bincount(cells["cell"], minlength=len(stores) * len(DAYPARTS))
    return {
        "pop_indptr": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        "pop_rows": cells["row"].to_numpy().astype(np.int32),
        "pop_counts": cells["weight"].to_numpy().astype(np.float32),
    }


def _rhythm(tickets: pl.DataFrame, stores: Sequence[str]) -> Arrays:
    """Tickets by hour of the store-local week: rhythm_store float32[S,168] and their sum over all, rhythm_prior [168]."""
    once = tickets.unique(_TICKET, keep="first", maintain_order=True)
    prior = np.bincount(once["hour_of_week"], minlength=WEEK)
    known = _numbered(once, "store_id", stores, "store")
    slot = known["store"].to_numpy() * WEEK + known["hour_of_week"].to_numpy()
    by_store = np.bincount(slot, minlength=len(stores) * WEEK).reshape(len(stores), WEEK)
    return {"rhythm_prior": prior.astype(np.float32), "rhythm_store": by_store.astype(np.float32)}


def _numbered(frame: pl.DataFrame, column: str, ids: Sequence[str], name: str) -> pl.DataFrame:
    """Rows whose `column` is one of `ids`, with its place among them as `name`."""
    place = pl.DataFrame({"id": list(ids)}, schema={"id": pl.String}).with_row_index(name)
    present = frame.select(pl.col(column).drop_nulls().unique()).with_columns(id=pl.col(column).cast(pl.String))
    return frame.join(present.join(place, on="id").select(column, pl.col(name).cast(pl.Int64)), on=column)
