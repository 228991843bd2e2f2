"""An app and its tills under way: so many connections, each asking again as soon as it is answered, by a thread of its own.

What must not be lost is counted by whoever asked: a recommendation that got no whole answer, an event that was accepted and one
that was not and is sent again under its id until it is.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

USERS = ("ann", "bob", "cat", "dan")
TILLS = 4
"""Of so many connections one is a till's."""


@dataclass
class Told:
    """One answer to a recommendation."""

    at_s: float
    seconds: float
    status: int
    meta: dict[str, Any]


@dataclass
class Tally:
    """What became of all that was asked. `cut`: requests on a connection that had answered before, and
    answers that broke off."""

    told: list[Told] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    events: Counter[int] = field(default_factory=Counter)
    cut: list[str] = field(default_factory=list)
    n_refused: int = 0
    """Connections that could not be made."""
    n_unheard: int = 0
    """Connections that were reset before the first byte of their first answer: nobody had taken them from the system's queue, as
    far as a client can tell."""

    def between(self, start_s: float, end_s: float = float("inf")) -> list[Told]:
        """Answers given in that time of `time.monotonic`."""
        return [one for one in self.told if start_s <= one.at_s < end_s]

    def statuses(self) -> dict[int, int]:
        """Answers by status."""
        return dict(Counter(one.status for one in self.told))


class AppLoad(threading.Thread):
    """Asks `port` until `finish`. keys: secrets by scope (app, pos). events: whether tills send any."""

    def __init__(self, port: int, keys: dict[str, str], n_connections: int, events: bool = True) -> None:
        super().__init__(daemon=True)
        self.tally = Tally()
        self._port, self._keys, self._n, self._events = port, keys, n_connections, events
        self.prefix = f"e{time.time_ns()}"
        self._numbers, self._again = count(1), deque[str]()
        self._at: dict[str, str] = {}
        self._ends, self._settles = False, False

    def finish(self, settle: bool = True) -> Tally:
        """Ask no more; settle: send again the events that were not accepted, until they are."""
        self._settles, self._ends = settle, True
        self.join(timeout=60)
        assert not self.is_alive()
        return self.tally

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        await asyncio.gather(*(self._one(self._events and k % TILLS == 0) for k in range(self._n)))

    async def _one(self, is_till: bool) -> None:
        give_up_s = float("inf")
        while not self._ends or (is_till and self._settles and self._again and time.monotonic() < give_up_s):
            if self._ends:
                give_up_s = min(give_up_s, time.monotonic() + 30)
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                self.tally.n_refused += 1
                await asyncio.sleep(0.05)
                continue
            try:
                n_answers = 0
                while not self._ends or (is_till and self._settles and self._again):
                    if not await self._ask(reader, writer, n_answers, is_till):
                        break
                    n_answers += 1
            finally:
                writer.transport.abort()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, n_answers: int, is_till: bool
    ) -> bool:
        """One question; whether the connection lives on."""
        number = next(self._numbers)
        event = None
        if is_till:
            event = self._again.popleft() if self._again else f"{self.prefix}-{number}"
        path, scope, body = self._event(event) if event is not None else self._question(number)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._keys[scope]}\r\nContent-Length: {len(body)}\r\n"
        began, first = time.monotonic(), b""
        try:
            writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            first = await reader.readline()
            status, lives, told = int(first.split()[1]), True, -1
            while (line := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                if name.lower() == "content-length":
                    told = int(value)
                lives &= not (name.lower() == "connection" and "close" in value.lower())
            answer = json.loads(await reader.readexactly(told))
        except (OSError, ValueError, IndexError, asyncio.IncompleteReadError) as error:
            if first or n_answers:
                self.tally.cut.append(f"{path}: {type(error).__name__}")
            else:
                self.tally.n_unheard += 1
            if event is not None:
                self._again.append(event)
            return False
        now = time.monotonic()
        if event is not None:
            self.tally.events[status] += 1
            if status == 202 and answer["accepted"] + answer["duplicates"] == 1:
                self.tally.accepted.add(event)
            else:
                self._again.append(event)
                await asyncio.sleep(0.1)
        else:
            self.tally.told.append(Told(now, now - began, status, answer.get("meta", answer)))
        return lives

    def _question(self, number: int) -> tuple[str, str, bytes]:
        # Scattered: taken in turn, a connection, and so a worker, could meet the same one again and again.
        user_id = USERS[(number * 2654435761 >> 16) % len(USERS)]
        body = {"user_id": user_id, "context": {"store_id": "soho"}, "dry_run": True}
        return "/v1/recommendations", "app", json.dumps(body).encode()

    def _event(self, event: str) -> tuple[str, str, bytes]:
        """A sale; sent again it says what it said at first, or it would be another event under a taken id."""
        at = self._at.setdefault(event, datetime.now(UTC).isoformat())
        sale = {
            "event_id": event, "event_type": "purchase", "occurred_at": at, "user_id": "dan",
            "product_id": "tea", "store_id": "soho", "order_id": event, "quantity": 1, "unit_price_cents": 250,
        }  # fmt: skip
        return "/v1/events", "pos", json.dumps({"events": [sale]}).encode()
