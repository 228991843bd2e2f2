"""Redemptions over HTTP at a steady rate: the real `daypart serve` in a home of its own, asked by another process.

The service starts on what `daypart demo --data cafe --weeks 0 --once` left behind, as a stranger's would, and pays coupons issued
beforehand; each request is a whole till's (key, idempotency key, basket). The first seconds of load are for whatever a
fresh process does once: their latency isn't counted, their errors are. The load comes from the same machine, so it takes
its share of the cores.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.client import served, wait_ready
from bench.ledger_fill import fill, moulds
from bench.ledger_load import Shot, shoot
from bench.ledger_places import Place
from bench.ledger_world import PRICE_CENTS, PRODUCT_ID, STORE_ID, Broken, close_whole, open_desk
from bench.results import Row, row
from console import Report
from river.admin import create_key
from settings import Settings, load_settings

RATE, SECONDS, WARM_S = 200, 20, 2
REACH_MS = 50.0


def rows(place: Place, report: Report) -> list[Row]:
    """Latency at `RATE` redemptions a second for `SECONDS`, and what went wrong."""
    home = replace(load_settings(), home=cafe_home(), port=free_port())
    settings = replace(home, database_url=place.make("http"))
    now = datetime.now(UTC)
    desk = open_desk(settings.ledger_url, now=now)
    codes = fill(desk, moulds(desk, now)[1], RATE * (SECONDS + WARM_S), lambda _: None)
    key = create_key(settings, "pos", None, now).key
    requests = [_request(settings, key, code) for code in codes]
    what = f"HTTP on {place.name}"
    with served(settings) as service:
        wait_ready(service, settings)
        shots = shoot(settings.host, settings.port, requests, RATE, lambda n: report(what, n, len(requests)))
    close_whole(desk)
    return _rows(place.name, shots[RATE * WARM_S :], shots[: RATE * WARM_S])


def _rows(name: str, shots: Sequence[Shot], warming: Sequence[Shot]) -> list[Row]:
    took = np.array([shot.took_s for shot in shots]) * 1e3
    wrong = Counter(str(shot.status) for shot in [*warming, *shots] if shot.status != 200)
    said = f" ({', '.join(f'{n} times {status}' for status, n in sorted(wrong.items()))})" if wrong else ""
    load = f"{name}: a redemption over HTTP at {RATE}/s"
    p50, p99 = (float(np.percentile(took, share)) for share in (50, 99))
    return [
        row(f"{load}, p50", p50, "ms"),
        row(f"{load}, p99", p99, "ms", reach=f"< {REACH_MS:g} ms", met=p99 < REACH_MS),
        row(f"{load}, slowest of {len(took):,}", float(took.max()), "ms"),
        row(f"{load}, not paid{said}", wrong.total(), "requests", reach="0", met=not wrong),
    ]


def _request(settings: Settings, key: str, code: str) -> bytes:
    basket = {"product_id": PRODUCT_ID, "quantity": 1, "unit_price_cents": PRICE_CENTS}
    asked = {"store_id": STORE_ID, "order_id": f"order-{code}", "till_id": "till-1", "lines": [basket]}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/coupons/{code}/redeem HTTP/1.1\r\nHost: {settings.host}:{settings.port}\r\n"
        f"Authorization: Bearer {key}\r\nIdempotency-Key: key-{code}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def cafe_home() -> Path:
    """A home that the demo has filled with the café; made once, removed when the bench ends."""
    return Path(_home().name) / "home"


@cache
def _home() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="daypart-bench-")
    own = {"DAYPART_HOME": str(Path(folder.name) / "home"), "DAYPART_PORT": str(free_port())}
    log = Path(folder.name) / "demo.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "daypart", "demo", "--data", "cafe", "--weeks", "0", "--once"]
        demo = subprocess.run(command, env={**os.environ, **own}, stdout=out, stderr=out, check=False)
    if demo.returncode:
        raise Broken(f"the demo failed: {' '.join(log.read_text('utf-8', 'replace').splitlines()[-1:])}")
    return folder


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
