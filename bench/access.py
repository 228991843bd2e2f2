"""What letting a request in costs: headers, the key's memory, its rate, names said twice. Against one script call of the online
store, which is what a limit that asked for each call would cost at least.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.results import Row, row
from embedded import READ_TIMEOUT_S, connect, lease_online_store
from offers.database import connect as open_ledger
from serving import keys
from serving.headers import check_request
from serving.keyring import KeyRing
from serving.limiter import Limiter
from serving.purse import StorePurse
from serving.rate import Rate
from serving.repeats import repeats
from serving.tables import prepare
from settings import Settings

ROUNDS = 9
BODY = b'{"user_id": "ann", "limit": 10, "context": {"store_id": "soho", "channel": "app"}, "dry_run": true}'
HEADERS = [
    (name, b"x" * 24)
    for name in (b"authorization", b"content-type", b"user-agent", b"accept", b"host", b"content-length")
]
DEFAULT = Rate(per_s=2000, burst=10**7)
"""The default of an app, but never empty."""


def rows() -> list[Row]:
    """The figures, the fastest of the rounds each."""
    with (
        TemporaryDirectory() as folder,
        lease_online_store(Settings(home=Path(folder))) as store,
        connect(store.url, READ_TIMEOUT_S) as client,
    ):
        return measure(Path(folder), StorePurse(client), ROUNDS, 2000)


def measure(folder: Path, purse: StorePurse, rounds: int, n: int) -> list[Row]:
    """The same with this purse; `n` calls a round."""
    engine = open_ledger(f"sqlite:///{folder / 'keys.db'}")
    prepare(engine)
    secret = keys.create(engine, "app", datetime.now(UTC))
    ring = KeyRing(engine, time.monotonic)
    key = ring.fetch(secret)
    if key is None:
        raise RuntimeError("the key that was just made is unknown")
    scope = {"path": "/v1/recommendations", "query_string": b"", "headers": HEADERS}
    limiter = Limiter({"app": DEFAULT}, purse, time.monotonic)

    async def spend() -> float:
        began = time.perf_counter()
        for _ in range(n):
            await limiter.spend(key)
        return (time.perf_counter() - began) / n * 1e6

    script = fastest_us(lambda: purse.take("script", DEFAULT, 1), rounds, max(1, n // 10))
    figures = {
        "a key's rate, store calls included, flat out": min(asyncio.run(spend()) for _ in range(rounds)),
        "request line and headers": fastest_us(lambda: check_request(scope), rounds, n),
        "a key remembered": fastest_us(lambda: ring.recall(secret), rounds, n),
        "a name twice in a recommendation's body": fastest_us(lambda: repeats(BODY), rounds, n),
    }
    limiter.close()
    engine.dispose()
    told = [row("one script call of the online store", script, "µs")]
    return told + [
        row(name, value, "µs", against="the script call", against_value=script) for name, value in figures.items()
    ]


def fastest_us(work: Callable[[], object], rounds: int, n: int) -> float:
    """Microseconds of one of `n` calls in a row, in the fastest of the rounds."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(n):
            work()
        found.append((time.perf_counter() - began) / n * 1e6)
    return min(found)
