"""Files of `user_visits` for plans, in the world of `tests.models.when_world`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.models import when_world

NAMES = ["nobody", "once", "monday", "evening"]
SCHEMA = pa.schema([("user_id", pa.string()), ("at_s", pa.list_(pa.int64())), ("day", pa.list_(pa.int64())),
                    ("hour", pa.list_(pa.int64())), ("store_ids", pa.list_(pa.string())), ("n_visits", pa.int64()),
                    ("first_day", pa.int64()), ("event_timestamp", pa.timestamp("us", "UTC"))])  # fmt: skip


def row(user: str, at: datetime, visits: list[tuple[int, int, str]], **changes) -> dict:
    """visits: (day, hour, store), oldest first."""
    day, hour, stores = ([visit[n] for visit in visits] for n in range(3))
    plain = {"user_id": user, "at_s": [0] * len(visits), "day": day, "hour": hour, "store_ids": stores,
             "n_visits": len(visits), "first_day": day[0] if day else 0, "event_timestamp": at}  # fmt: skip
    return {**plain, **changes}


def four(at: datetime) -> list[dict]:
    """The four people of `when_world`, as a snapshot at `at` has them; who never came has a row all the same."""
    known = when_world.visits()
    rows = []
    for n, user in enumerate(NAMES):
        part = slice(known.indptr[n], known.indptr[n + 1])
        stores = [{-1: "", 0: "s0", 1: "s1"}[store] for store in known.store[part].tolist()]
        visits = list(zip(known.day[part].tolist(), known.hour[part].tolist(), stores, strict=True))
        rows.append(row(user, at, visits, n_visits=int(known.n_visits[n]), first_day=int(known.first_day[n])))
    return rows


def write(features: Path, rows: list[dict]) -> Path:
    features.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), features / "user_visits.parquet")
    return features
