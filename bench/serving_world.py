"""The world that serving is measured in: 10,000 products of Complete Journey, a real model of 64 factors, 100,000 users online.

The model is trained by the product's own verbs on the purchases of the 10,000 best sellers. The households are too few for a
chain, so each one's online row is written again under other ids until there are enough: real histories, in a store of real size.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import redis

from bench.demo_data import COMPLETE_JOURNEY_ZONE, moved, weeks_between
from bench.demo_models import learn
from bench.ranking_crowd import best_sellers
from console import Report
from embedded import connect, lease_online_store
from embedded.feast_config import repo_config
from embedded.online_rows import entity_key
from river.refreshing import refresh_features
from settings import Settings
from training.complete_journey import tables
from training.ingest import ingest

N_PRODUCTS, N_USERS = 10_000, 100_000
BULK_S = 60.0
RATE_LIMITS = "app=20000/40000"
"""Kept count of, and never reached."""
_BATCH = 2_000


def world(folder: Path, port: int, now: datetime, report: Report) -> tuple[Settings, list[str], list[str]]:
    """A filled home below `folder`: its settings, the users' ids and the stores'. What stands there already is used again."""
    settings = replace(Settings(), home=folder / "home", port=port, rate_limits=RATE_LIMITS)
    users_at, stores_at = folder / "users.parquet", folder / "stores.parquet"
    if not stores_at.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _take_in(settings, folder, now, report)
        refresh_features(settings, now, now, report)
        learn(settings, None, now, report)
        pl.DataFrame({"user_id": replicated(settings, report)}).write_parquet(users_at)
        stores = pl.read_parquet(folder / "assortment.parquet")["store_id"].unique(maintain_order=True)
        pl.DataFrame({"store_id": stores}).write_parquet(stores_at)
    return settings, pl.read_parquet(users_at)["user_id"].to_list(), pl.read_parquet(stores_at)["store_id"].to_list()


def _take_in(settings: Settings, folder: Path, now: datetime, report: Report) -> None:
    """The best sellers' purchases, moved up to today; each of the stores sells all of them."""
    made = tables()
    few = best_sellers(made.events.filter(event_type="purchase"), N_PRODUCTS)
    sold = made.events.filter(pl.col.product_id.is_in(few))
    last = sold.select(pl.col.occurred_at.dt.convert_time_zone(COMPLETE_JOURNEY_ZONE).max()).item()
    sold = moved(sold, weeks_between(last.date(), now.date()), COMPLETE_JOURNEY_ZONE)
    busiest = sold.group_by("store_id").len().sort("len", "store_id", descending=[True, False])["store_id"].head(20)
    products = made.products.filter(pl.col.product_id.is_in(few))
    assortment = pl.DataFrame({"store_id": busiest}).join(products.select("product_id", "price_cents"), how="cross")
    assortment = assortment.with_columns(
        stock_units=pl.lit(50, pl.Int64), as_of=pl.lit(now).dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    )
    given = {"events": sold, "products": products, "stores": made.stores, "assortment": assortment}
    for name, table in given.items():
        table.write_parquet(folder / f"{name}.parquet")
    paths = {name: folder / f"{name}.parquet" for name in given}
    for _ in ingest(settings.lake, **paths, now=now, progress=report):
        pass


def replicated(settings: Settings, report: Report, n_users: int = N_USERS) -> list[str]:
    """Write each user's online row under further ids until there are `n_users`; all ids."""
    known = pl.read_parquet(settings.features / "user_history.parquet")["user_id"].unique().sort().to_list()
    ids = [user if not copy else f"{user}.{copy}" for copy in range(-(-n_users // len(known))) for user in known][
        :n_users
    ]
    project = str(repo_config(settings, "localhost:0")["project"])
    with lease_online_store(settings) as store, connect(store.url, BULK_S) as client:
        rows = {user: client.hgetall(entity_key(project, "user_id", user)) for user in known}
        for start in range(len(known), len(ids), _BATCH):
            _write(client, project, [(user, rows[user.partition(".")[0]]) for user in ids[start : start + _BATCH]])
            report("users online", start, len(ids))
        client.save()
    return ids


def _write(client: redis.Redis, project: str, rows: list[tuple[str, dict[bytes, bytes]]]) -> None:
    with client.pipeline(transaction=False) as pipe:
        for user, row in rows:
            if row:
                pipe.hset(entity_key(project, "user_id", user), mapping=row)  # type: ignore[arg-type]
        pipe.execute()
