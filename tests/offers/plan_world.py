"""Feature files and tables for plans, in the checkerboard world: even people in s0 at eight, odd ones in s1 at eighteen.

Prices are 600 and costs 100, but p00 has no cost, p02 is sold out in s0, p04 is a beer and p06 costs 590. s1 names no
prices for anything above p07. `u90` has no store, `u91` one nobody knows. There are snapshots of 1 November (empty
histories), of 3 November 00:00 UTC, and of the 5th, which nobody may see on the 3rd.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.ranker import Ranker
from offers.campaign import Budget, Campaign, Depth, Limits, Planning, Prior, Products
from settings import Settings
from tests.models import checkerboard

NOW = datetime(2025, 11, 3, 12, tzinfo=UTC)
KNOWN, EARLY, LATE = (datetime(2025, 11, day, tzinfo=UTC) for day in (3, 1, 5))
TUESDAY = date(2025, 11, 4)
PEOPLE = [checkerboard.user_id(n) for n in range(8)] + ["u90", "u91"]


def ranker() -> Ranker:
    return Ranker.from_arrays(checkerboard.arrays(), checkerboard.parameters())


def campaign(**changes) -> Campaign:
    plain = {
        "id": "c",
        "budget": Budget(granted_cents=10_000),
        "depth": Depth(ladder_cents=(50, 100, 200), min_margin_share=0.1),
        "limits": Limits(),
        "plan": Planning(n_products=5, holdout_share=0.0),
        "prior": Prior(response_slope=8.0, visit_visits=1.0, visit_days=2.0),
        "products": Products(exclude_categories=("Beer",)),
    }
    return Campaign(**{**plain, **changes})


def write(home: Path) -> Settings:
    settings = replace(Settings(), home=home)
    settings.lake.mkdir(parents=True)
    settings.features.mkdir()
    _write_tables(settings.lake)
    _write_people(settings.features)
    rows = []
    for store, first in (("s0", 0), ("s1", 1)):
        names = checkerboard.products()[first::2]
        price = [600 if name < "p08" or store == "s0" else 0 for name in names]
        stock = [0 if name == "p02" else 5 for name in names]
        rows.append({"store_id": store, "product_ids": [*names, "unheard of"], "price_cents": [*price, 600],
                     "stock_units": [*stock, 5], "stock_known": [True] * 9, "event_timestamp": KNOWN})  # fmt: skip
    _put(settings.features / "store_assortment.parquet", rows)
    return settings


def _write_tables(lake: Path) -> None:
    costs = {"p00": None, "p06": 590}
    products = [
        {"product_id": name, "name": f"Product {name}", "name_zh": f"商品{name}" if name < "p08" else None,
         "category": "Drinks > Beer" if name == "p04" else "Drinks", "cost_cents": costs.get(name, 100)}
        for name in ["another", *checkerboard.products()]
    ]  # fmt: skip
    stores = [
        {"store_id": name, "timezone": "America/New_York", "opens": "06:00", "closes": "22:00"} for name in ("s0", "s1")
    ]
    pq.write_table(pa.Table.from_pylist(products), lake / "products.parquet")
    pq.write_table(pa.Table.from_pylist(stores), lake / "stores.parquet")


def _write_people(features: Path) -> None:
    histories, profiles, rhythms = [], [], []
    for n, user in enumerate(PEOPLE):
        past = checkerboard.history(n) if n < 8 else checkerboard.history(0)
        week = np.zeros(168, np.float32)
        week[np.arange(7) * 24 + (8 if n % 2 == 0 else 18)] = 3
        store = {"u90": None, "u91": "nowhere"}.get(user, f"s{n % 2}")
        # A visit a day until the day before the snapshot.
        shift = int(KNOWN.timestamp()) - (past.n_visits + 1) * checkerboard.DAY_S
        row = {"product_ids": list(past.product_ids), "counts": past.counts.tolist(), "decayed": past.decayed.tolist(),
               "last_visit": past.last_visit.tolist(), "last_at_s": (past.last_at_s + shift).tolist(),
               "n_visits": past.n_visits}  # fmt: skip
        empty = {name: [] if isinstance(value, list) else 0 for name, value in row.items()}
        for at, kept in ((KNOWN, row), (EARLY, empty), (LATE, empty)):
            histories.append({"user_id": user, **kept, "event_timestamp": at})
            usual = store if at == KNOWN else "wrong"
            profiles.append({"user_id": user, "usual_store_id": usual, "mean_basket_cents": 900, "event_timestamp": at})
            rhythms.append(
                {"user_id": user, "hour_of_week": (week if at == KNOWN else 0 * week).tolist(), "event_timestamp": at}
            )
    lists = pa.schema([("user_id", pa.string()), ("product_ids", pa.list_(pa.string())), ("counts", pa.list_(pa.float32())),
                       ("decayed", pa.list_(pa.float32())), ("last_visit", pa.list_(pa.int64())),
                       ("last_at_s", pa.list_(pa.int64())), ("n_visits", pa.int64()),
                       ("event_timestamp", pa.timestamp("us", "UTC"))])  # fmt: skip
    pq.write_table(pa.Table.from_pylist(histories, lists), features / "user_history.parquet")
    _put(features / "user_profile.parquet", profiles)
    _put(features / "user_rhythm.parquet", rhythms)


def _put(file: Path, rows: list[dict]) -> None:
    table = pa.Table.from_pylist(rows)
    at = table.schema.get_field_index("event_timestamp")
    pq.write_table(
        table.set_column(at, "event_timestamp", table["event_timestamp"].cast(pa.timestamp("us", "UTC"))), file
    )
