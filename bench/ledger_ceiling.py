"""What a database can do at the very most: one row a transaction, durable, by its bare driver, nothing decided."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from bench.threads import begin_together
from offers.database import WAIT_S
from offers.ledger_file import CACHE_KIB

CONNECTIONS = (1, 2, 4, 8)
PAYLOAD = "x" * 300
"""About as wide as an entry."""
_MAKE = {
    "sqlite": "CREATE TABLE IF NOT EXISTS ceiling (id INTEGER PRIMARY KEY, payload TEXT NOT NULL)",
    "postgresql": "CREATE TABLE IF NOT EXISTS ceiling (id BIGSERIAL PRIMARY KEY, payload TEXT NOT NULL)",
}


def ceiling(url: str, n_connections: int, seconds: float) -> float:
    """Single-row commits a second by that many connections at once, each with a thread of its own."""
    with committer(url):
        pass
    counts = [0] * n_connections

    def work(own: int, barrier: threading.Barrier) -> None:
        with committer(url) as commit:
            barrier.wait()
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                commit()
                counts[own] += 1

    begin_together(n_connections, work)
    return sum(counts) / seconds


@contextmanager
def committer(url: str) -> Iterator[Callable[[], object]]:
    """A connection like the journal's, as a function that commits one row."""
    parsed = sa.make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        lite = sqlite3.connect(parsed.database or "", timeout=WAIT_S, isolation_level=None)
        try:
            lite.execute("PRAGMA journal_mode=WAL").close()
            lite.execute("PRAGMA synchronous=FULL").close()
            lite.execute(f"PRAGMA cache_size=-{CACHE_KIB}").close()
            lite.execute(_MAKE[kind])
            # Alone in its statement an INSERT is a transaction; nothing is cheaper.
            yield lambda: lite.execute("INSERT INTO ceiling (payload) VALUES (?)", (PAYLOAD,))
        finally:
            lite.close()
        return
    with psycopg.connect(url, autocommit=True) as post:
        post.execute("SELECT pg_advisory_lock(1)")
        post.execute(_MAKE[kind])
        post.execute("SELECT pg_advisory_unlock(1)")
        yield lambda: post.execute("INSERT INTO ceiling (payload) VALUES (%s)", (PAYLOAD,))
