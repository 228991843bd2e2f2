"""`make bench-serving-memory`: what a worker takes at start, once every store was asked about, and after one new model and ten.

In the world of `make bench-serving-http`, with two workers. A reload is of the same version: the product table is touched, which
makes every worker load, verify and warm up all of it anew. RSS counts what workers map together in each of them, PSS a share.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl

import console
from bench.client import Client, served, wait_ready
from bench.ledger_http import free_port
from bench.results import Row, row
from bench.serving_world import world
from console import Report
from river.admin import create_key
from settings import Settings

RELOADS, WORKERS, LIMIT, SETTLED_S = 10, 2, 20, 5.0
MOST_MIB, MOST_GROWTH = 350, 1.1
WORKER = b"_bentoml_impl.worker"
"""In the command line of BentoML's workers, and not of its supervisor or of the follower beside."""


class Taken(NamedTuple):
    """MiB of the worker that takes most."""

    rss: float
    pss: float


def rows() -> list[Row]:
    """DAYPART__BENCH_WORLD names a folder that keeps the world for another run, DAYPART__BENCH_HOME a home in its place, as
    `make demo` leaves one."""
    kept, made = os.environ.get("DAYPART__BENCH_WORLD"), os.environ.get("DAYPART__BENCH_HOME")
    with TemporaryDirectory(prefix="daypart-bench-") as folder, console.progress() as report:
        if made is None:
            return of_world(*world(Path(kept or folder), free_port(), datetime.now(UTC), report), report)
        settings = replace(Settings(), home=Path(made).absolute(), port=free_port(), rate_limits="")
        users = pl.read_parquet(settings.features / "user_history.parquet")["user_id"].unique().sort().to_list()
        stores = pl.read_parquet(settings.lake / "stores.parquet")["store_id"].to_list()
        return of_world(settings, [user for user in users if len(user) < 7], stores, report)


def of_world(settings: Settings, users: Sequence[str], stores: Sequence[str], report: Report) -> list[Row]:
    """The rows in a world that stands."""
    settings = replace(settings, workers=WORKERS)
    client = Client(
        f"http://{settings.host}:{settings.port}", {"app": create_key(settings, "app", None, datetime.now(UTC)).key}
    )
    with served(settings) as service:
        wait_ready(service, settings)
        taken = {"at start": _settled(service.pid)}
        _ask_all(client, users, stores)
        taken["once every store was asked about"] = _settled(service.pid)
        for number in range(1, RELOADS + 1):
            report("reloads", number, RELOADS)
            _reload(settings.lake / "products.parquet")
            _ask_all(client, users, stores)
            if number in (1, RELOADS):
                taken[f"after reload {number}"] = _settled(service.pid)
    return memory_rows(taken)


def memory_rows(taken: dict[str, Taken]) -> list[Row]:
    """taken: in order, the last after RELOADS and the one before it after one."""
    told = []
    for what, (rss, pss) in taken.items():
        told.append(row(f"RSS of a worker {what}", rss, "MiB"))
        told.append(row(f"PSS of a worker {what}", pss, "MiB", reach=f"at most {MOST_MIB} MiB", met=pss <= MOST_MIB))
    first, last = (each.rss for each in list(taken.values())[-2:])
    met = last <= MOST_GROWTH * first
    grown = f"RSS after {RELOADS} reloads"
    return [
        *told,
        row(
            grown, last, "MiB", against="after one", against_value=first, reach=f"at most {MOST_GROWTH} times", met=met
        ),
    ]


def taken_by(pid: int, mark: bytes = WORKER) -> Taken:
    """The process below this one that takes most of those with `mark` in their command line; ValueError if none has."""
    below = [pid]
    for parent in below:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            below += [int(child) for child in children.read_text().split()]
    return max(_rolled(each) for each in below[1:] if mark in Path(f"/proc/{each}/cmdline").read_bytes())


def _rolled(pid: int) -> Taken:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    told = {name: int(kib) / 1024 for name, kib, *_ in lines}
    return Taken(told["Rss:"], told["Pss:"])


def _settled(pid: int) -> Taken:
    time.sleep(SETTLED_S)
    return taken_by(pid)


def _reload(table: Path) -> None:
    """Every worker looks each second, and gives back what it replaced a look later."""
    os.utime(table)
    time.sleep(SETTLED_S)


def _ask_all(client: Client, users: Sequence[str], stores: Sequence[str]) -> None:
    """Each store, by as many people as there are workers and some more, as nobody chooses which worker answers."""
    for place in range(3 * WORKERS * len(stores)):
        body = {
            "user_id": users[place % len(users)],
            "limit": LIMIT,
            "context": {"store_id": stores[place % len(stores)]},
        }
        client.post("/v1/recommendations", "app", body)
