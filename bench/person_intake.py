"""Events into `daypart serve` over HTTP, and how soon they change what is recommended.

The service runs with two workers and its embedded stores in the café that the demo leaves (5,000 members). What is sent is what
tills and apps send: batches of 100 events, tickets of three lines by members, and what somebody looked at. The load comes from
the same machine and takes its share of the cores; beside it stands what the bare driver of SQLite does alone with the same rows.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from bench.client import served, wait_ready
from bench.ledger_load import Wire, ask_on
from bench.person_fresh import KINDS, delays, message
from bench.person_home import opened
from bench.person_killed import children
from bench.results import Row, row
from settings import Settings

BATCH, N_BATCHES, N_WARM, CONNECTIONS, WORKERS = 100, 1000, 100, 8, 2
REACH_RATE, REACH_S = 5000, 1.0
N_PROBES = 1000
WAITS = "wait for the next features run"
"""The service's log says so when a history could not be brought up to date at once."""


class Short(Exception):
    """Not every event was taken; how fast the others were doesn't matter."""


def rows(n_batches: int = N_BATCHES, n_probes: int = N_PROBES, home: Path | None = None) -> list[Row]:
    """Intake at its most, then freshness at half of it. home: as for `bench.person_home`. Raises Short."""
    with opened(home, WORKERS) as (settings, keys, shop):
        members = pl.read_parquet(settings.features / "user_history.parquet")["user_id"].unique().sort().to_list()
        now, rng = datetime.now(UTC), random.Random(1)
        made = (batch(rng, members, shop.products, shop.store_id, f"in-{n}", now) for n in count())
        bodies = list(islice(made, N_WARM + n_batches))
        requests = [message(settings, "/v1/events", keys["pos"], body) for body in bodies]
        with served(settings) as service:
            wait_ready(service, settings)
            asyncio.run(_sent(settings, requests[:N_WARM]))
            before = _processor_s(service.pid)
            seconds, n_taken = asyncio.run(_sent(settings, requests[N_WARM:]))
            spent = _processor_s(service.pid) - before
            if n_taken != n_batches * BATCH:
                raise Short(f"{n_taken} events were taken of {n_batches * BATCH}")
            rate, load = n_taken / seconds, (message(settings, "/v1/events", keys["pos"], body) for body in made)
            took = asyncio.run(delays(settings, keys, shop, n_probes, load, rate / 2 / BATCH))
        n_behind = (settings.home / "service.log").read_text("utf-8", "replace").count(WAITS)
        bare = bare_rate(settings.home / "bare.db", bodies[N_WARM:])
    return _rows(rate, bare, spent / n_taken, took, n_behind)


def _rows(rate: float, bare: float, spent_s: float, took: Sequence[tuple[str, float]], n_behind: int) -> list[Row]:
    what = f"events over HTTP, batches of {BATCH}, {WORKERS} workers, durable"
    return [
        row(what, rate, "events/s", against="bare SQLite, a batch a commit", against_value=bare,
            reach=f">= {REACH_RATE:,}/s", met=rate >= REACH_RATE),
        row("of it the processor time of workers and follower", spent_s * 1e6, "µs an event"),
        *(one for kind in KINDS for one in _fresh(kind, np.array([s for told, s in took if told == kind]))),
        row("times that histories had to wait for the next features run", n_behind, "times", reach="0", met=not n_behind),
    ]  # fmt: skip


def _fresh(kind: str, took: np.ndarray) -> list[Row]:
    p50, p99, most = (float(np.percentile(took, share)) for share in (50, 99, 100))
    fresh = f"{kind} sent to changed recommendation, {len(took):,} at half that load"
    within = row(f"{fresh}, p99", p99, "s", reach=f"< {REACH_S:g} s", met=p99 < REACH_S)
    return [row(f"{fresh}, p50", p50, "s"), within, row(f"{fresh}, slowest", most, "s")]


def batch(
    rng: random.Random, members: Sequence[str], products: Sequence[str], store_id: str, name: str, now: datetime
) -> dict[str, Any]:
    """What one request says: `BATCH` events of the last ten minutes, three lines a ticket and one look."""
    events = []
    for n in range(BATCH):
        if n % 4 == 0:
            who, at = rng.choice(members), now - timedelta(seconds=rng.randrange(600))
        kind = "view" if n % 4 == 3 else "purchase"
        event = {"event_id": f"{name}-{n}", "event_type": kind, "occurred_at": at.isoformat(), "user_id": who,
                 "product_id": rng.choice(products)}  # fmt: skip
        sale = {"store_id": store_id, "channel": "store", "order_id": f"{name}-{n // 4}", "quantity": 1, "unit_price_cents": 450,
                "discount_cents": 0}  # fmt: skip
        events.append(event | (sale if kind == "purchase" else {"channel": "app"}))
    return {"events": events}


async def _sent(settings: Settings, requests: Sequence[bytes]) -> tuple[float, int]:
    """(seconds, events taken), over `CONNECTIONS` connections that each send the next one when the last was answered."""
    waiting, free = iter(requests), list[Wire]()

    async def one(waiting: Iterator[bytes]) -> int:
        n_taken = 0
        for wanted in waiting:
            status, body = await ask_on(settings.host, settings.port, wanted, free)
            if status != 202:
                raise Short(f"{status}: {body.decode('utf-8', 'replace')[:300]}")
            n_taken += json.loads(body)["accepted"]
        return n_taken

    began = time.perf_counter()
    taken = await asyncio.gather(*(one(waiting) for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - began
    for _, writer in free:
        writer.close()
    return seconds, sum(taken)


def bare_rate(file: Path, bodies: Sequence[Mapping[str, Any]]) -> float:
    """Events a second by sqlite3 alone: the same rows of the same bodies, a commit a batch, flushed as the service does."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        connection.execute(
            "CREATE TABLE t (seq INTEGER PRIMARY KEY, event_id TEXT UNIQUE, received INTEGER, body TEXT)"
        )
        began, n = time.perf_counter(), 0
        for body in bodies:
            events = [(e["event_id"], 1, json.dumps(e)) for e in body["events"]]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO t (event_id, received, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", events
            )
            connection.execute("COMMIT")
            n += len(events)
        return n / (time.perf_counter() - began)


def _processor_s(supervisor: int) -> float:
    """Seconds of processor time that the workers have used, user and system."""
    ticks = 0
    for pid in children(supervisor):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")
