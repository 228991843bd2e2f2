"""How soon a purchase is known: from the moment it is sent to the answer that shows the product as bought before.

Half of them are sold by a till and asked about by an app, half by the app and asked about as in a store. So are those of the day
before, which come once their person has bought something today, and refunds, after which the product was never bought. Batches of
events go in beside it at a steady rate.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.ledger_load import Wire, ask_on
from bench.person_tills import Shop
from settings import Settings

AT_ONCE, PATIENCE_S, PAUSE_S = 4, 30.0, 0.002
KINDS = ("purchase", "purchase of the day before", "refund")


class Unseen(Exception):
    """A purchase was not taken, or nobody recommended by it for `PATIENCE_S`."""


async def delays(
    settings: Settings,
    keys: Mapping[str, str],
    shop: Shop,
    n: int,
    load: Iterator[bytes],
    rate: float,
) -> list[tuple[str, float]]:
    """Kind and seconds of `n` events of people nobody knew, `AT_ONCE` at a time, beside `rate` messages of `load` a second.

    Raises Unseen."""
    statuses = list[int]()
    beside = asyncio.create_task(_steady(settings, load, rate, statuses))
    waiting, took, free = iter(range(n)), list[tuple[str, float]](), list[Wire]()

    async def one() -> None:
        for number in waiting:
            kind = KINDS[number // 2 % len(KINDS)]
            took.append((kind, await _delay(Asker(settings, keys, shop, free), kind, number)))

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside
    if refused := [status for status in statuses if status != 202]:
        raise Unseen(f"{len(refused)} of {len(statuses)} batches beside were not taken ({refused[0]})")
    return took


@dataclass(frozen=True)
class Asker:
    """Who sends, and where."""

    settings: Settings
    keys: Mapping[str, str]
    shop: Shop
    free: list[Wire]

    async def tell(self, scope: str, event: Mapping[str, Any]) -> None:
        """Send one event. Raises Unseen."""
        sale = {"occurred_at": datetime.now(UTC).isoformat(), "store_id": self.shop.store_id, **event}
        told = message(self.settings, "/v1/events", self.keys[scope], {"events": [sale]})
        status, answer = await ask_on(self.settings.host, self.settings.port, told, self.free)
        if status != 202 or json.loads(answer)["accepted"] != 1:
            raise Unseen(f"{status}: {answer.decode('utf-8', 'replace')[:300]}")

    async def until(self, question: bytes, is_known: bool) -> float:
        """Seconds until the answer says so. Raises Unseen."""
        began = time.perf_counter()
        while await _knows(self.settings, question, self.free) != is_known:
            if time.perf_counter() - began > PATIENCE_S:
                said = "unknown" if is_known else "known"
                raise Unseen(f"what was sold or came back is {said} after {PATIENCE_S:g} s: {question.decode()[-90:]}")
            await asyncio.sleep(PAUSE_S)
        return time.perf_counter() - began


async def _delay(asker: Asker, kind: str, number: int) -> float:
    shop, user, in_store = asker.shop, f"fresh-{number}", number % 2 == 0
    product, other = (shop.products[place % len(shop.products)] for place in (number, number + 1))
    ask = {"user_id": user, "limit": 1, "filter": {"include": [product]}, "dry_run": True}
    ask |= {} if in_store else {"context": {"store_id": shop.store_id, "channel": "store"}}
    question = message(asker.settings, "/v1/recommendations", asker.keys["app"], ask)
    if await _knows(asker.settings, question, asker.free):
        raise Unseen(f"{user} is known before they bought")
    scope, channel = ("pos", "store") if in_store else ("app", "app")
    sale = {"event_type": "purchase", "event_id": user, "user_id": user, "product_id": product, "channel": channel}
    sale |= {"order_id": user}
    event: Mapping[str, Any] = sale
    if kind == KINDS[1]:
        await asker.tell(scope, {**sale, "event_id": f"{user}-today", "product_id": other, "order_id": f"{user}-today"})
        event = {**sale, "occurred_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}
    elif kind == KINDS[2]:
        await asker.tell(scope, sale)
        await asker.until(question, True)
        event = {**sale, "event_id": f"{user}-back", "event_type": "refund"}
    began = time.perf_counter()
    await asker.tell(scope, event)
    await asker.until(question, kind != KINDS[2])
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
