"""Tills that ask until they are answered: each sends batches of events over a connection of its own, some of them twice, some
days late, some of what was sold brought back, and sends the same bytes again whenever no answer came.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Event = dict[str, Any]
N_USERS, BATCH = 60, 30
AGAIN_S, ANSWER_S = 0.05, 10.0
UNREAD = 0.05
"""Share of batches whose answer the till doesn't wait for before it sends them again."""
LATE = 0.2
"""Share of events that happened days ago."""
BACK = 0.3
"""Share of batches in which all pieces of a product of some order come back."""


@dataclass(frozen=True)
class Shop:
    """Where to send, and what is sold there."""

    host: str
    port: int
    key: str
    products: Sequence[str]
    store_id: str
    zone: str
    """The store's, an IANA name."""


class Till(threading.Thread):
    """Sends until told to stop, and then until its last batch is answered. `told` is every event once, as first sent."""

    def __init__(self, shop: Shop, number: int, pause_s: float) -> None:
        super().__init__(daemon=True)
        self._shop, self._number, self._pause_s = shop, number, pause_s
        self._rng = random.Random(number)
        self._line: http.client.HTTPConnection | None = None
        self.stopped = threading.Event()
        self.told: list[Event] = []
        self.n_accepted = self.n_unanswered = 0
        self.fault = ""
        """What no retry mends: an answer that is neither yes nor "later", or one that doesn't add up."""

    def run(self) -> None:
        """See threading.Thread."""
        n_batches = 0
        while not (self.stopped.is_set() or self.fault):
            fresh = batch(self._rng, self._shop, f"{self._number}-{n_batches}", datetime.now(UTC))
            fresh += brought_back(self._rng, [*self.told, *fresh], datetime.now(UTC))
            again = self._rng.choices(fresh, k=2) + self._rng.choices(self.told or fresh, k=2)
            sent = self._rng.sample([*fresh, *again], len(fresh) + len(again))
            self._until_answered(json.dumps({"events": sent}).encode(), len(sent))
            self.told += fresh
            n_batches += 1
            time.sleep(self._pause_s)
        self._hang_up()

    def _until_answered(self, body: bytes, n_sent: int) -> None:
        waits = self._rng.random() >= UNREAD
        while not self.fault:
            try:
                status, answer = self._sent(body, waits)
            except (OSError, http.client.HTTPException):
                status, answer = 0, b""
            if status == 202:
                said = json.loads(answer)
                self.n_accepted += said["accepted"]
                if said["accepted"] + said["duplicates"] != n_sent:
                    self.fault = f"of {n_sent} events {answer.decode()}"
                return
            self.n_unanswered += 1
            waits = True
            self._hang_up()
            if status not in (0, 429, 500, 503):
                self.fault = f"{status}: {answer.decode('utf-8', 'replace')}"
            time.sleep(AGAIN_S)

    def _sent(self, body: bytes, waits: bool) -> tuple[int, bytes]:
        if self._line is None:
            self._line = http.client.HTTPConnection(self._shop.host, self._shop.port, timeout=ANSWER_S)
        kind = {"Authorization": f"Bearer {self._shop.key}", "Content-Type": "application/json"}
        self._line.request("POST", "/v1/events", body, kind)
        if not waits:
            raise ConnectionAbortedError("the till was switched off")
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def batch(rng: random.Random, shop: Shop, name: str, now: datetime) -> list[Event]:
    """`BATCH` events with ids of their own: purchases and views of `N_USERS` people, out of order, some days late."""
    events = []
    for n in range(BATCH):
        user = f"till-{rng.randrange(N_USERS)}"
        ago = timedelta(days=rng.randrange(1, 4)) if rng.random() < LATE else timedelta(seconds=rng.randrange(600))
        kind = "purchase" if rng.random() < 0.8 else "view"
        event: Event = {
            "event_id": f"{name}-{n}",
            "event_type": kind,
            "occurred_at": (now - ago).isoformat(),
            "user_id": user,
            "product_id": rng.choice(shop.products),
            "store_id": shop.store_id,
        }
        if kind == "purchase":
            sale = {"order_id": f"{name}-{user}", "quantity": rng.randrange(1, 4), "unit_price_cents": 450}
            event |= {**sale, "discount_cents": rng.choice((0, 50)), "channel": "store"}
        events.append(event)
    return events


def brought_back(rng: random.Random, told: Sequence[Event], now: datetime) -> list[Event]:
    """Mostly nothing, else the refund of all pieces of a product of an order that were sold; known by an id of that."""
    sold = [event for event in told if event["event_type"] == "purchase"]
    if not sold or rng.random() >= BACK:
        return []
    one = rng.choice(sold)
    key = f"back-{one['order_id']}-{one['product_id']}"
    if any(event["event_id"] == key for event in told):
        return []
    names = ("order_id", "product_id", "user_id", "store_id")
    same = [event for event in sold if (event["order_id"], event["product_id"]) == (one["order_id"], one["product_id"])]
    pieces = {"quantity": sum(event["quantity"] for event in same)}
    return [
        {
            "event_id": key,
            "event_type": "refund",
            "occurred_at": now.isoformat(),
            **pieces,
            **{n: one[n] for n in names},
        }
    ]
