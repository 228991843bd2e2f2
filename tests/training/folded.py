"""Histories of hand-written purchases, for what is fitted on histories alone."""

from datetime import UTC, datetime, timedelta

import polars as pl

from training.histories import Histories, build_histories
from training.sales import sales
from training.visits import visits_of


def histories(rows: list[tuple[str, str, int]]) -> Histories:
    """Each row: user, product, second of the first of January 2025."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    told = [(user, product, start + timedelta(seconds=second)) for user, product, second in rows]
    events = pl.DataFrame(told, schema=["user_id", "product_id", "occurred_at"], orient="row")
    return build_histories(visits_of(sales(events.lazy())))
