"""`make bench-offers-due`: a scheduler pulls a window of 100,000 offers from the real service, over HTTP.

Half of the figures is a first page, asked for again and again: each time it is judged and leased anew. The other is the whole
window, page after page with the cursor, every offer once. Coupons are written in bulk beforehand, as the ledger's yardsticks do.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import numpy as np

import console
from bench.client import served, wait_ready
from bench.ledger_fill import fill, moulds
from bench.ledger_http import cafe_home, free_port
from bench.ledger_places import Place, places, settle
from bench.ledger_world import Broken, close_whole, open_desk
from bench.results import Row, row
from console import Report
from river.admin import create_key
from settings import load_settings

N_OFFERS, N_FIRST, WARM = 100_000, 300, 20
FIRST_LIMIT, PAGE = 100, 1000
REACH_MS, REACH_S = 20.0, 20.0


def rows() -> list[Row]:
    """On both databases."""
    with console.progress() as report, places() as found:
        return [one for place in found for one in at(place, report)]


def at(place: Place, report: Report, n_offers: int = N_OFFERS, n_first: int = N_FIRST) -> list[Row]:
    """First pages and one whole pull at a database. Raises Broken when an offer is missing or comes twice."""
    home = replace(load_settings(), home=cafe_home(), port=free_port())
    settings = replace(home, database_url=place.make("due"))
    now = datetime.now(UTC)
    desk = open_desk(settings.ledger_url, now=now)
    # The pattern's coupons lie in the window too: one redeemed with the day's first, one still open.
    fill(desk, moulds(desk, now)[1], n_offers, lambda n: report(f"offers on {place.name}", n, n_offers))
    settle(desk.journal.engine)
    first, second = (create_key(settings, "scheduler", None, now).key for _ in range(2))
    window = {"from": (now - timedelta(days=1)).isoformat(), "to": (now + timedelta(days=1)).isoformat()}
    with served(settings) as service:
        wait_ready(service, settings)
        wire = HTTPConnection(settings.host, settings.port, timeout=30)
        asks = [_page(wire, first, limit=FIRST_LIMIT, **window) for _ in range(n_first + WARM)][WARM:]
        if any(len(page["offers"]) != FIRST_LIMIT for _, page in asks):
            raise Broken("a first page isn't full")
        # What the other key holds stays with it; the rest is this one's.
        whole_s, pages_s, n_pulled = _whole(wire, second, window, n_offers - FIRST_LIMIT, report)
    close_whole(desk)
    return _rows(place.name, np.array([took for took, _ in asks]) * 1e3, np.array(pages_s) * 1e3, whole_s, n_pulled)


def _whole(
    wire: HTTPConnection, key: str, window: dict[str, str], at_least: int, report: Report
) -> tuple[float, list[float], int]:
    began, took, ids, more, cursor = time.perf_counter(), list[float](), list[str](), True, dict[str, str]()
    while more:
        seconds, page = _page(wire, key, limit=PAGE, **window, **cursor)
        took.append(seconds)
        ids += [offer["offer_id"] for offer in page["offers"]]
        cursor, more = {"cursor": page["next_cursor"]}, page["more"]
        report("pulled", len(ids), max(at_least, len(ids)))
    seconds = time.perf_counter() - began
    if len(set(ids)) != len(ids) or len(ids) < at_least:
        raise Broken(f"{len(ids)} offers came, {len(set(ids))} of them different, of at least {at_least}")
    return seconds, took, len(ids)


def _page(wire: HTTPConnection, key: str, **query: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    wire.request("GET", f"/v1/offers/due?{urllib.parse.urlencode(query)}", headers={"Authorization": f"Bearer {key}"})
    answer = wire.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status != 200:
        raise Broken(f"offers/due answered {answer.status}: {body[:200].decode('utf-8', 'replace')}")
    return took, json.loads(body)


def _rows(name: str, first_ms: np.ndarray, page_ms: np.ndarray, whole_s: float, n_pulled: int) -> list[Row]:
    p50, p99 = (float(np.percentile(first_ms, share)) for share in (50, 99))
    what = f"{name}: offers/due, a window of {N_OFFERS:,}, first page of {FIRST_LIMIT}"
    whole = f"{name}: offers/due, all {n_pulled:,} in pages of {PAGE:,}"
    return [
        row(f"{what}, p50", p50, "ms"),
        row(f"{what}, p99 of {len(first_ms)}", p99, "ms", reach=f"< {REACH_MS:g} ms", met=p99 < REACH_MS),
        row(whole, whole_s, "s", reach=f"< {REACH_S:g} s", met=whole_s < REACH_S),
        row(f"{whole}, slowest page", float(page_ms.max()), "ms"),
    ]
