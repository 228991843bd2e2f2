"""A market big enough to learn from: 80 people, each with a few favourites bought at their own rhythm, and some whims.

Two stores in New York, ten weeks, 36 products in three categories. Even people shop at `north`, odd ones at `south`.
`town` is another, in which habits shift and circles of people pass products on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from training.blend import Blend

START = datetime(2025, 6, 2, 14, tzinfo=UTC)
N_DAYS = 70
PRODUCTS = [f"p{number:02d}" for number in range(36)]


def events(n_users: int = 80, n_days: int = N_DAYS, seed: int = 5) -> pl.DataFrame:
    """Purchases, oldest first; every purchase of a person on a day is one order."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        favourites = rng.choice(len(PRODUCTS), 4, replace=False)
        gaps = rng.integers(2, 6, size=4)
        for day in range(int(rng.integers(0, 4)), n_days, 2):
            basket = {PRODUCTS[f] for f, gap in zip(favourites, gaps, strict=True) if (day // 2) % gap == 0}
            if rng.random() < 0.4:
                basket.add(PRODUCTS[int(36 * rng.random() ** 2)])
            at = START + timedelta(days=day, minutes=int(rng.integers(0, 300)))
            store = "north" if user % 2 == 0 else "south"
            rows += [(f"u{user:02d}", product, store, f"o{user}-{day}", at) for product in sorted(basket)]
    schema = {"user_id": pl.String, "product_id": pl.String, "store_id": pl.String, "order_id": pl.String,
              "occurred_at": pl.Datetime("us", "UTC")}  # fmt: skip
    bought = pl.DataFrame(rows, schema=schema, orient="row").sort("occurred_at", "user_id", "product_id")
    return bought.with_columns(event_type=pl.lit("purchase"), quantity=pl.lit(1, pl.Int64))


def products() -> pl.DataFrame:
    """The catalogue: one product more than was ever sold."""
    ids = [*PRODUCTS, "p99"]
    return pl.DataFrame({"product_id": ids, "category": [("drink", "food", "sweet")[n % 3] for n in range(len(ids))]})


def stores() -> pl.DataFrame:
    """Both stores."""
    return pl.DataFrame({"store_id": ["north", "south"], "timezone": ["America/New_York"] * 2})


def fill(lake: Path, bought: pl.DataFrame | None = None) -> None:
    """The market in the lake, by the front door."""
    from training.ingest import ingest

    folder = lake.parent / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"events": events() if bought is None else bought, "products": products(), "stores": stores()}
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    ingest(lake, **{name: folder / f"{name}.parquet" for name in tables}, now=datetime(2026, 1, 1, tzinfo=UTC))


def blend(recipe, usual: Mapping[str, float], new: Mapping[str, float]) -> Blend:
    """Two linear forms by hand: a weight per term, the constant under "one"; terms count in any range."""
    arrays = {}
    for name, terms, weights in (("usual", recipe.usual_terms, usual), ("new", recipe.new_terms, new)):
        n = len(terms)
        matrix = np.zeros((n + 1, n + 1), np.float32)
        matrix[-1, :n] = matrix[:n, -1] = [weights.get(term, 0.0) / 2 for term in terms]
        matrix[-1, -1] = weights.get("one", 0.0)
        arrays[f"{name}_matrix"] = matrix
        arrays[f"{name}_range"] = np.tile(np.array([-1e6, 1e6, 0.0], np.float32), (n, 1))
    return Blend(arrays, "by hand")


def town(n_users: int = 200, n_days: int = 44, seed: int = 11) -> pl.DataFrame:
    """Purchases of people whose habits shift and who pass new things on in circles; no stores, no orders.

    Every second day each has a basket. Usual: twelve staples of 60, each with its own chance a visit; eight visits before the end
    the chances of eight turn over (loved once, loved now). New: one of the 40 products of the user's circle, mostly the one that
    follows what the user tried last. Nothing is popular beyond its circle, so popularity says little.
    """
    rng = np.random.default_rng(seed)
    rows = []
    before, after = np.repeat([0.7, 0.15, 0.35], 4), np.repeat([0.15, 0.7, 0.35], 4)
    for user in range(n_users):
        staples, tried = rng.choice(60, 12, replace=False), int(rng.integers(40))
        days = range(user % 2, n_days, 2)
        for number, day in enumerate(days):
            chance = before if number < len(days) - 8 else after
            basket = {f"staple{product:02d}" for product in staples[rng.random(12) < chance].tolist()}
            tried = (tried + 1) % 40 if rng.random() < 0.7 else int(rng.integers(40))
            basket.add(f"circle{user % 5}-{tried:02d}")
            at = START + timedelta(days=day, minutes=int(rng.integers(300)))
            rows += [(f"t{user:03d}", product, at) for product in sorted(basket)]
    schema = {"user_id": pl.String, "product_id": pl.String, "occurred_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("occurred_at", "user_id", "product_id")


def silent(what: str, done: int, total: int) -> None:
    """Nobody watches."""
