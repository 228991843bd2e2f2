"""The tables of the lake as polars sees them: columns, types, and the key of which a table holds one row."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from feature_repo.events import ASSORTMENT_COLUMNS, EVENT_COLUMNS, PRODUCT_COLUMNS, STORE_COLUMNS, Column

Progress = Callable[[str, int, int], None] | None
"""`progress(what, done, total)`: called by long work."""

TABLES: dict[str, tuple[Column, ...]] = {
    "products": PRODUCT_COLUMNS,
    "stores": STORE_COLUMNS,
    "assortment": ASSORTMENT_COLUMNS,
    "events": EVENT_COLUMNS,
}
"""In the order of ingest: events are judged by the products and stores that came with them."""

# An assortment line is known by its time too: a later count of stock must not overwrite what was true before.
KEYS = {
    "products": ("product_id",),
    "stores": ("store_id",),
    "assortment": ("store_id", "product_id", "as_of"),
    "events": ("event_id",),
}
TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "time": pl.Datetime("us", "UTC"),
}
SCHEMAS = {name: pl.Schema({c.name: TYPES[c.kind] for c in columns}) for name, columns in TABLES.items()}
