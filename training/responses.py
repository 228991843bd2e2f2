"""What users answered to their latest offers: the view `user_responses`, from which a plan reckons each user's own weights."""

from __future__ import annotations

from typing import Any

import polars as pl

KEPT = 64
"""Latest answers a user: own weights rest on them alone."""
SCHEMA: dict[str, Any] = {
    "user_id": pl.String,
    "product_ids": pl.List(pl.String),
    "hour": pl.List(pl.Int64),
    **dict.fromkeys(("share", "p_buy", "p_come", "fit"), pl.List(pl.Float32)),
    **dict.fromkeys(("bought", "came"), pl.List(pl.Boolean)),
}
"""The view `user_responses`."""


def response_rows(known: pl.DataFrame) -> pl.DataFrame:
    """The columns of SCHEMA, one row a user who answered, by user; lists align and hold the last KEPT answers, oldest first.

    known: `training.answers.known_answers`, in its order.
    """
    lists = [name for name in SCHEMA if name not in ("user_id", "product_ids")]
    rows = known.group_by("user_id", maintain_order=True).agg(
        pl.col.product_id.tail(KEPT).alias("product_ids"), *(pl.col(name).tail(KEPT) for name in lists)
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort("user_id")
