"""A merchant who has just begun: three stores, one week, a dozen people known and some who are not.

The station sells coffee in the morning and soup in the evening, the park tea, the harbour bread. Ada has an oat latte at the
station each morning, which nobody else has. `matcha` and `rye` have a price and a category and were never sold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

START = datetime(2025, 9, 1, tzinfo=UTC)
"""A Monday."""
END = START + timedelta(days=7)
PRODUCTS = {
    "coffee": "drink", "croissant": "food", "tea": "drink", "scone": "food", "bread": "food", "butter": "food", "soup": "food",
    "oat_latte": "drink", "juice": "drink", "matcha": "drink", "rye": "food",
}  # fmt: skip
UNSOLD = ("matcha", "rye")
STORES = {"harbour": "Europe/Berlin", "park": "Europe/Berlin", "station": "Europe/Berlin"}
SELLS = {"station": ("coffee", "croissant"), "park": ("tea", "scone"), "harbour": ("bread", "butter")}


def events() -> pl.DataFrame:
    """Purchases of one week, oldest first; local time is two hours ahead of UTC."""
    rows = []
    for day in range(7):
        morning, evening = (START + timedelta(days=day, hours=hour) for hour in (6, 16))
        for place, (store, (first, second)) in enumerate(SELLS.items()):
            for person in range(4):
                if (day + person) % 3 == 0:
                    basket = (first, second) if (day + person) % 2 else (first,)
                    rows += [(f"{store}{person}", product, store, morning, 0) for product in basket]
            rows += [(None, first, store, morning + timedelta(minutes=place), n) for n in range(3)]
        rows += [("ada", "oat_latte", "station", morning, 0)] if day < 5 else []
        rows += [(None, "soup", "station", evening, n) for n in range(4)] + [(None, "juice", "park", evening, 0)]
    schema = {"user_id": pl.String, "product_id": pl.String, "store_id": pl.String, "occurred_at": pl.Datetime("us", "UTC"),
              "nth": pl.Int64}  # fmt: skip
    sold = pl.DataFrame(rows, schema=schema, orient="row").sort(
        "occurred_at", "store_id", "user_id", "product_id", "nth"
    )
    day, who = pl.col.occurred_at.dt.to_string("%m%d%H%M"), pl.coalesce("user_id", pl.format("x{}", "nth"))
    return sold.with_columns(order_id=pl.format("{}-{}-{}", "store_id", day, who), event_type=pl.lit("purchase")).drop(
        "nth"
    )


def tables() -> dict[str, pl.DataFrame]:
    """The input tables, by the name of their option."""
    return {
        "events": events(),
        "products": pl.DataFrame({"product_id": [*PRODUCTS], "category": [*PRODUCTS.values()], "price_cents": 300}),
        "stores": pl.DataFrame({"store_id": [*STORES], "timezone": [*STORES.values()]}),
    }


def fill(lake: Path, **others: pl.DataFrame) -> None:
    """The merchant in the lake, by the front door; `others` stand in for some of the tables."""
    from training.ingest import ingest

    folder = lake.parent / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    written = {name: folder / f"{name}.csv" for name in tables()}
    for name, table in {**tables(), **others}.items():
        table.write_csv(written[name], datetime_format="%Y-%m-%dT%H:%M:%SZ")
    reports = ingest(lake, **written, now=END + timedelta(days=30))
    assert all(not report.quarantined for report in reports)
