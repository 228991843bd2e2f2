"""Counting: the three rankings every model has to beat. Ties by recency, then popularity, then id."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from training.histories import Histories

NAMES = ("global_popularity", "personal_frequency", "personal_then_popular")


def popular_rows(lines: pl.DataFrame, products: Sequence[str]) -> NDArray[np.int64]:
    """Rows of `products` (ascending ids) by how many visits and anonymous tickets had each; ties by last sale, then id."""
    nobody = pl.col.user_id.is_null()
    ticket = pl.when(nobody).then(pl.col.order_id).alias("ticket")
    moment = pl.when(nobody & pl.col.order_id.is_null()).then(pl.col.occurred_at).alias("moment")
    n = lines.select("product_id", "user_id", "day", ticket, moment).unique().group_by("product_id").len("n")
    last = lines.group_by("product_id").agg(pl.col.occurred_at.max().alias("last"))
    sold = n.join(last, on="product_id").sort("n", "last", "product_id", descending=[True, True, False])
    return np.searchsorted(np.asarray(products, dtype=str), np.asarray(sold["product_id"].to_list(), dtype=str))


def rankings(
    histories: Histories, users: NDArray[np.int64], popular: NDArray[np.int64], k: int
) -> dict[str, NDArray[np.int64]]:
    """Name to int64[len(users), k], product rows best first, -1 where a list is shorter.

    users: index into `histories`, -1 for somebody unknown. `histories.products` are the rows' products.
    personal_frequency: visits that had the product, own products only. personal_then_popular: the same, filled with what sells.
    """
    personal = _personal(histories, popular, k)
    own = np.where(users[:, None] >= 0, personal[users], -1)
    everybody = np.full(k, -1, dtype=np.int64)
    everybody[: len(popular[:k])] = popular[:k]
    filled = np.stack([_fill(row, popular) for row in own]) if len(own) else own
    return dict(zip(NAMES, (np.broadcast_to(everybody, own.shape), own, filled), strict=True))


def _personal(histories: Histories, popular: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    place = np.full(len(histories.products), len(popular), dtype=np.int64)
    place[popular] = np.arange(len(popular))
    owner = histories.owner
    order = np.lexsort((place[histories.rows], -histories.last_at_s, -histories.counts, owner))
    nth = np.arange(len(order)) - histories.indptr[owner]
    top = np.full((len(histories.users) + 1, k), -1, dtype=np.int64)  # the last row answers for index -1
    first = nth < k
    top[owner[first], nth[first]] = histories.rows[order[first]]
    return top


def _fill(own: NDArray[np.int64], popular: NDArray[np.int64]) -> NDArray[np.int64]:
    kept = own[own >= 0]
    if len(kept) == len(own):
        return own
    rest = popular[: len(own) + len(kept)]
    rest = rest[~np.isin(rest, kept)][: len(own) - len(kept)]
    filled = np.full(len(own), -1, dtype=np.int64)
    filled[: len(kept) + len(rest)] = np.concatenate([kept, rest])
    return filled
