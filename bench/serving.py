"""`make bench-serving`: a full `/v1/recommendations` beside an empty route, an empty BentoML call and a plain peer, in one run.

One worker each, 8 connections, 10,000 products × 64 factors, 100,000 users on a real Valkey, 20 products an answer with reasons;
the load comes from this machine. Rounds take turns, and the best of each counts for throughput. The open loop asks at appointed
times, and latency counts from them: a stall is paid by everybody whom it keeps waiting. It asks one worker, then as many as a
machine of two cores is run with.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import console
from bench import answer_counts, scoring, serving_blocks
from bench.client import served, wait_ready
from bench.ledger_http import free_port
from bench.ledger_load import Shot, shoot
from bench.results import Row, row
from bench.serving_load import Load, press
from bench.serving_peers import beside, memory_of
from bench.serving_plot import draw
from bench.serving_rows import CONNECTIONS, OPEN_RATE, half_rows, open_rows, start_rows, throughput_rows
from bench.serving_world import world
from console import Report
from river.admin import create_key
from settings import Settings

LIMIT, N_REQUESTS = 20, 20_000
ROUNDS, SECONDS, HALF_S = 3, 6.0, 12.0
WORKERS = 2
OPEN_S = int(os.environ.get("DAYPART__BENCH_SECONDS", "300"))
PLOT = Path(__file__).parent / "results" / "serving.svg"
PEERS = {
    "mounted": ("bench.empty_service", "mounted"),
    "default": ("bench.empty_service", "default"),
    "peer": ("bench.peer_service", ""),
}


def rows() -> list[Row]:
    """All of it: the core, its instructions (where valgrind is), and the service."""
    counted = (
        answer_counts.all_counts()
        if shutil.which("valgrind")
        else [row("instructions left out: no valgrind", 0, "rows")]
    )
    return [*scoring.rows(), *counted, *http()]


def http() -> list[Row]:
    """The service; DAYPART__BENCH_WORLD names a folder that keeps the world for another run."""
    kept = os.environ.get("DAYPART__BENCH_WORLD")
    with TemporaryDirectory(prefix="daypart-bench-") as folder, console.progress() as report:
        settings, users, stores = world(Path(kept or folder), free_port(), datetime.now(UTC), report)
        return [*measured(settings, users, stores, report), *serving_blocks.of_world(settings, users, stores)]


def measured(settings: Settings, users: Sequence[str], stores: Sequence[str], report: Report) -> list[Row]:
    """The rows in a world that stands."""
    key = create_key(settings, "app", None, datetime.now(UTC)).key
    asked, empty = requests(users, stores, key, settings.port)
    with ExitStack() as stack:
        service = stack.enter_context(served(settings))
        ready_s = wait_ready(service, settings)
        with ExitStack() as others:
            ports = {"daypart": settings.port}
            for name, (module, which) in PEERS.items():
                ports[name] = others.enter_context(beside(module, which, settings))
            best = pressed(ports, asked, empty, report)
            if silent := [name for name, load in best.items() if not load.n_ok]:
                raise RuntimeError(f"no good answer from: {', '.join(silent)}; see {settings.home / 'peers.log'}")
            half = best["daypart"].per_s / 2
            rates = {"daypart": half, "mounted": half, "peer": min(half, best["peer"].per_s / 2)}
            shots = {name: opened(ports[name], asked, rate, HALF_S, report) for name, rate in rates.items()}
        steady = opened(settings.port, asked, OPEN_RATE, OPEN_S, report)
        memory = memory_of(service.pid)
    with served(replace(settings, workers=WORKERS)) as service:
        wait_ready(service, settings)
        press("127.0.0.1", settings.port, asked, CONNECTIONS, SECONDS)
        shared = opened(settings.port, asked, OPEN_RATE, OPEN_S, report)
    names = {"daypart": "at half its peak", "mounted": "empty route", "peer": "peer at half its peak"}
    at_rate = {f"{OPEN_RATE} a second": steady, f"{OPEN_RATE} a second, {WORKERS} workers": shared}
    draw({names[name]: some for name, some in shots.items()} | at_rate, PLOT)
    opens = [*open_rows(steady, OPEN_S, 1), *open_rows(shared, OPEN_S, WORKERS)]
    return [*throughput_rows(best), *half_rows(shots, half), *opens, *start_rows(ready_s, memory)]


def pressed(
    ports: Mapping[str, int], asked: Sequence[bytes], empty: Sequence[bytes], report: Report
) -> dict[str, Load]:
    """The best round of each, taking turns."""
    best: dict[str, Load] = {}
    for number in range(ROUNDS):
        for place, (name, port) in enumerate(ports.items()):
            report("closed loop", number * len(ports) + place, ROUNDS * len(ports))
            load = press("127.0.0.1", port, empty if name == "default" else asked, CONNECTIONS, SECONDS)
            if name not in best or load.per_s > best[name].per_s:
                best[name] = load
    return best


def requests(users: Sequence[str], stores: Sequence[str], key: str, port: int) -> tuple[list[bytes], list[bytes]]:
    """(recommendations of anybody anywhere, empty calls), whole HTTP/1.1 messages."""
    rng = random.Random(20171201)
    bodies = [
        json.dumps(
            {
                "user_id": rng.choice(users),
                "limit": LIMIT,
                "context": {"store_id": rng.choice(stores), "channel": "app"},
            }
        )
        for _ in range(N_REQUESTS)
    ]
    return [message("/v1/recommendations", body, key, port) for body in bodies], [message("/empty", "{}", key, port)]


def message(path: str, body: str, key: str, port: int) -> bytes:
    """One POST."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def opened(port: int, asked: Sequence[bytes], rate: float, seconds: float, report: Report) -> list[Shot]:
    """So many requests a second for so long."""
    n = int(rate * seconds)
    return shoot(
        "127.0.0.1",
        port,
        [asked[i % len(asked)] for i in range(n)],
        rate,
        lambda done: report(f"{rate:.0f}/s", done, n),
    )
