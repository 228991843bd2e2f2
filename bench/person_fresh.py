"""How soon a purchase is known: from the moment it is sent to the answer that shows the product as bought before.

Half of them are sold by a till and asked about by an app, half by the app and asked about as in a store. Batches of events go in
beside it at a steady rate.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from bench.ledger_load import Wire, ask_on
from bench.person_tills import Shop
from settings import Settings

AT_ONCE, PATIENCE_S, PAUSE_S = 4, 10.0, 0.002


class Unseen(Exception):
    """A purchase was not taken, or nobody recommended by it for `PATIENCE_S`."""


async def delays(
    settings: Settings,
    keys: Mapping[str, str],
    shop: Shop,
    n: int,
    load: Iterator[bytes],
    rate: float,
) -> list[float]:
    """Seconds of each of `n` purchases of people nobody knew, `AT_ONCE` at a time, beside `rate` messages of `load` a second."""
    statuses = list[int]()
    beside = asyncio.create_task(_steady(settings, load, rate, statuses))
    waiting, took, free = iter(range(n)), list[float](), list[Wire]()

    async def one() -> None:
        for number in waiting:
            took.append(await _delay(settings, keys, f"fresh-{number}", shop, free))

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside
    if refused := [status for status in statuses if status != 202]:
        raise Unseen(f"{len(refused)} of {len(statuses)} batches beside were not taken ({refused[0]})")
    return took


async def _delay(settings: Settings, keys: Mapping[str, str], user: str, shop: Shop, free: list[Wire]) -> float:
    number = int(user.rpartition("-")[2])
    product, in_store = shop.products[number % len(shop.products)], number % 2 == 0
    ask = {"user_id": user, "limit": 1, "filter": {"include": [product]}, "dry_run": True}
    ask |= {} if in_store else {"context": {"store_id": shop.store_id, "channel": "store"}}
    question = message(settings, "/v1/recommendations", keys["app"], ask)
    if await _knows(settings, question, free):
        raise Unseen(f"{user} is known before they bought")
    sale = {"event_type": "purchase", "event_id": user, "occurred_at": datetime.now(UTC).isoformat(), "user_id": user,
            "product_id": product, "store_id": shop.store_id, "channel": "store" if in_store else "app"}  # fmt: skip
    told = message(settings, "/v1/events", keys["pos" if in_store else "app"], {"events": [sale]})
    began = time.perf_counter()
    status, answer = await ask_on(settings.host, settings.port, told, free)
    if status != 202 or json.loads(answer)["accepted"] != 1:
        raise Unseen(f"{status}: {answer.decode('utf-8', 'replace')[:300]}")
    while not await _knows(settings, question, free):
        if time.perf_counter() - began > PATIENCE_S:
            raise Unseen(f"{user} bought {product}, and it is unknown after {PATIENCE_S:g} s")
        await asyncio.sleep(PAUSE_S)
    return time.perf_counter() - began


async def _knows(settings: Settings, question: bytes, free: list[Wire]) -> bool:
    status, answer = await ask_on(settings.host, settings.port, question, free)
    if status != 200:
        raise Unseen(f"{status}: {answer.decode('utf-8', 'replace')[:300]}")
    return any(reason["code"] == "bought_before" for item in json.loads(answer)["items"] for reason in item["reasons"])


async def _steady(settings: Settings, load: Iterator[bytes], rate: float, statuses: list[int]) -> None:
    """Send at appointed times, answered or not, until cancelled; what was answered goes to `statuses`."""
    began, free, running = time.perf_counter(), list[Wire](), set[asyncio.Task[tuple[int, bytes]]]()

    def done(task: asyncio.Task[tuple[int, bytes]]) -> None:
        running.discard(task)
        if not task.cancelled():
            statuses.append(0 if task.exception() else task.result()[0])

    try:
        for place, wanted in enumerate(load):
            await asyncio.sleep(max(0.0, began + place / rate - time.perf_counter()))
            task = asyncio.create_task(ask_on(settings.host, settings.port, wanted, free))
            running.add(task)
            task.add_done_callback(done)
    finally:
        for task in list(running):
            task.cancel()


def message(settings: Settings, path: str, key: str, body: object) -> bytes:
    """A whole HTTP message."""
    raw = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {settings.host}:{settings.port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw
