"""One person exported and erased among many: a home with a lake, features, a ledger and an online store, and the clock around
either.

The files are made here with the columns that `daypart features` writes; nobody trains on them. What is timed is
`river.erasing.erase_person` in a process that has already begun, from the first transaction to the receipt.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.results import Row, row
from embedded import connect, lease_online_store
from embedded.online_rows import entity_key
from river.erasing import erase_person
from river.steps import open_desk
from serving.holdings_files import Files
from settings import Settings
from training.parts import write_batch, write_whole
from training.shapes import SCHEMAS
from training.snapshots import GROUP_ROWS

REACH_S, FOUND_S, N_USERS = 5.0, 3.0, 1_000_000
"""FOUND_S: what an answer over HTTP may take."""
AT = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS_EACH, DAYS, PRODUCTS_EACH, ONLINE = 3, 90, 10, 100_000
WANTED = "u0000007"


class Left(Exception):
    """The person was not gone everywhere; how fast it was doesn't matter."""


def rows(n_users: int = N_USERS) -> list[Row]:
    """Both rows. Raises Left when a store still knew them."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        settings = Settings(home=Path(folder))
        users = pl.Series("user_id", [f"u{n:07d}" for n in range(n_users)])
        _lake(settings, users)
        _features(settings, users)
        with lease_online_store(settings) as store:
            _online(store.url, users)
            with open_desk(settings):
                began = time.perf_counter()
            files = Files(settings, [WANTED])
            n_held, found_s = len(files.events()) + len(files.features()), time.perf_counter() - began
            began = time.perf_counter()
            receipt = erase_person(settings, WANTED, "bench", AT)
            seconds = time.perf_counter() - began
    removed = receipt.removed
    if (
        n_held != EVENTS_EACH + 7
        or receipt.done_at is None
        or (removed["events"], removed["features"], removed["online"]) != (EVENTS_EACH, 7, 1)
    ):
        raise Left(f"the receipt says {removed}")
    among = f"one of {n_users:,} persons"
    held = f"{n_users * EVENTS_EACH:,} events, seven views of features"
    return [
        row(f"{among} looked up in files, for an export: {held}", found_s, "s", reach="< 3 s", met=found_s < FOUND_S),
        row(
            f"{among} erased: {held}, ledger, online store",
            seconds,
            "s",
            reach=f"< {REACH_S:g} s",
            met=seconds < REACH_S,
        ),
    ]


def _lake(settings: Settings, users: pl.Series) -> None:
    n = len(users) * EVENTS_EACH
    rng = np.random.default_rng(1)
    at = [AT - timedelta(days=DAYS) + timedelta(minutes=m) for m in range(DAYS * 1440)]
    events = pl.DataFrame({"user_id": pl.concat([users] * EVENTS_EACH)}).with_row_index("n")
    told: dict[str, Any] = {
        "event_id": pl.format("e{}", "n"),
        "event_type": pl.lit("purchase"),
        "occurred_at": pl.Series(at, dtype=pl.Datetime("us", "UTC")).gather(rng.integers(0, len(at), n)),
        "product_id": pl.format("p{}", pl.col.n % 1000),
        "store_id": pl.lit("s"),
        "order_id": pl.format("o{}", "n"),
        "quantity": pl.lit(1, pl.Int64),
    }
    schema = SCHEMAS["events"]
    lacking = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in (*told, "user_id")]
    frame = events.with_columns(**told).with_columns(lacking)
    write_batch(settings.lake, frame.select(pl.col(name).cast(kind) for name, kind in schema.items()))


def _features(settings: Settings, users: pl.Series) -> None:
    rng, n = np.random.default_rng(2), len(users)
    stamp = pl.lit(AT, pl.Datetime("us", "UTC")).alias("event_timestamp")

    def lists(kind: Any, width: int, values: np.ndarray) -> pl.Series:
        return pl.Series(values, dtype=pl.Array(kind, width)).cast(pl.List(kind))

    ids = lists(pl.Int64, PRODUCTS_EACH, rng.integers(0, 1000, (n, PRODUCTS_EACH))).cast(pl.List(pl.String))
    weights = lists(pl.Float32, PRODUCTS_EACH, rng.random((n, PRODUCTS_EACH)).astype(np.float32))
    moments = lists(pl.Int64, PRODUCTS_EACH, rng.integers(0, 10**9, (n, PRODUCTS_EACH)))
    week = np.zeros((n, 168), np.float32)
    for _ in range(EVENTS_EACH):
        week[np.arange(n), rng.integers(0, 168, n)] += 1
    numbers = {f"f{k}": rng.random(n) for k in range(10)}
    views: dict[str, dict[str, Any]] = {
        "user_profile": numbers,
        "user_history": {"ids": ids, "counts": weights, "decayed": weights, "visits": moments, "at_s": moments},
        "user_rhythm": {"hour_of_week": lists(pl.Float32, 168, week)},
        "user_visits": {"days": moments, "hours": moments, "stores": ids},
        "user_portrait": {
            **{f"score{k}": rng.integers(0, 24, n) for k in range(5)},
            **{f"share{k}": rng.random(n).astype(np.float32) for k in range(8)},
            "first_at_s": rng.integers(0, 10**9, n),
            "categories": ids.list.head(5),
            "category_shares": weights.list.head(5),
        },
        "user_responses": {
            "product_ids": ids,
            **dict.fromkeys(("share", "p_buy", "p_come", "fit"), weights),
            "hour": moments,
            "bought": lists(pl.Boolean, PRODUCTS_EACH, rng.random((n, PRODUCTS_EACH)) < 0.1),
        },
        "user_reviews": {"n_reviews": moments.list.first(), "mean_stars": rng.random(n).astype(np.float32)},
    }
    for name, columns in views.items():
        frame = pl.DataFrame({"user_id": users, **columns}).with_columns(stamp)
        write_whole(settings.features / f"{name}.parquet", frame, GROUP_ROWS)


def _online(url: str, users: pl.Series) -> None:
    """Rows of the first ONLINE of them; a key is found as fast among any number."""
    with connect(url, 60.0) as client, client.pipeline(transaction=False) as pipe:
        for user in users.head(ONLINE):
            pipe.hset(entity_key("daypart", "user_id", user), "f", "1" * 200)
        pipe.execute()
