"""Purchases in few words, for tests of what is reckoned from them."""

from datetime import UTC, datetime, timedelta

import polars as pl

from training.lake import SCHEMAS
from training.sales import sales

AT = datetime(2025, 6, 1, tzinfo=UTC)
PRODUCTS = pl.DataFrame({"product_id": ["latte", "tea", "bagel", "odd"], "category": ["drink", "drink", "food", None]})


def event(user="ann", product="latte", days_ago=1.0, cents=400, off=0, **more):
    """A purchase in soho; `off` is its discount."""
    return {
        "event_type": "purchase", "user_id": user, "product_id": product, "occurred_at": AT - timedelta(days=days_ago),
        "store_id": "soho", "unit_price_cents": cents, "discount_cents": off, **more,
    }  # fmt: skip


def table(rows):
    """Events of the lake."""
    schema = SCHEMAS["events"]
    return pl.DataFrame([{**dict.fromkeys(schema), **row} for row in rows], schema=schema, orient="row").lazy()


def standing(rows):
    """(the events, what stands of them)."""
    events = table(rows)
    return events, sales(events)


def by_user(frame):
    """Rows by user."""
    return {row["user_id"]: row for row in frame.to_dicts()}
