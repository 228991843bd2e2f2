"""A closed-loop load: every connection asks again as soon as it is answered, so the server is never without work.

It tells throughput. Its latencies leave out whoever would have come meanwhile; the open loop of `ledger_load.py` tells those.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvloop

from bench.ledger_load import uncollected

PATIENCE_S = 30.0
_END, _LENGTH = b"\r\n\r\n", b"content-length:"


@dataclass
class Load:
    """What came of one: answers that said 200 and others, seconds it took, seconds of each answer."""

    n_ok: int = 0
    n_other: int = 0
    seconds: float = 0.0
    took_s: list[float] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Good answers a second."""
        return self.n_ok / self.seconds

    def quantile_ms(self, share: float) -> float:
        """Milliseconds below which this share of the answers came."""
        return float(np.quantile(self.took_s, share)) * 1e3


class _Asking(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Sequence[bytes], start: int, load: Load, until: float) -> None:
        self._requests, self._next, self._load, self._until = requests, start, load, until
        self._buffer, self._began = b"", 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(_END)
        if head < 0:
            return
        at = self._buffer.lower().find(_LENGTH, 0, head)
        length = int(self._buffer[at + len(_LENGTH) : self._buffer.find(b"\r\n", at)])
        if len(self._buffer) < head + len(_END) + length:
            return
        now = time.perf_counter()
        self._load.took_s.append(now - self._began)
        if self._buffer[9:12] == b"200":
            self._load.n_ok += 1
        else:
            self._load.n_other += 1
        self._buffer = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None or time.perf_counter() < self._until:
            self._load.n_other += 1
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


def press(host: str, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Ask on so many connections for so long. Each begins at another place of the requests, whole HTTP/1.1 messages.

    TimeoutError when an answer is missing for PATIENCE_S.
    """
    with uncollected():
        return uvloop.run(_press(host, port, requests, connections, seconds))


async def _press(host: str, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    load, loop = Load(), asyncio.get_running_loop()
    began = time.perf_counter()
    apart = len(requests) // connections
    asking = []
    for number in range(connections):
        start = number * apart
        _, one = await loop.create_connection(lambda s=start: _Asking(requests, s, load, began + seconds), host, port)  # type: ignore[misc]
        asking.append(one)
    async with asyncio.timeout(seconds + PATIENCE_S):
        await asyncio.gather(*(one.done for one in asking))
    load.seconds = time.perf_counter() - began
    return load
