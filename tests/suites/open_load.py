"""Arrivals that wait for nobody: so many recommendations a second, whatever became of those before (an open loop)."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PATIENCE_S = 2.0
MOST_OPEN = 3000
_BODY = json.dumps({"user_id": "ann", "context": {"store_id": "soho"}, "dry_run": True}).encode()


@dataclass
class Rush:
    """What became of the arrivals. seconds: from the moment each was due to its answer's last byte, by status; 0: none came."""

    rate: float
    for_s: float
    seconds: dict[int, list[float]] = field(default_factory=dict)
    unanswered: Counter[str] = field(default_factory=Counter)
    """Why no answer came, as the client saw it."""

    @property
    def goodput(self) -> float:
        """Good answers a second."""
        return len(self.seconds.get(200, ())) / self.for_s

    def quantile(self, status: int, q: float) -> float:
        """Seconds within which a share `q` of the answers of that status came."""
        found = sorted(self.seconds.get(status, ())) or [float("nan")]
        return found[min(len(found) - 1, int(q * len(found)))]

    def counts(self) -> dict[int, int]:
        """Answers by status."""
        return {status: len(found) for status, found in sorted(self.seconds.items())}


class OpenLoad:
    """Asks `port`; connections are kept and made as needed."""

    def __init__(self, port: int, secret: str, **headers: str) -> None:
        self._port, self._idle, self._n_open = port, deque[Streams](), 0
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n{more}"
        self._request = f"{head}Content-Type: application/json\r\nContent-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY

    def rush(self, rate: float, for_s: float) -> Rush:
        """`rate` arrivals a second, evenly, for so long."""
        return asyncio.run(self._rush(rate, for_s))

    def peak(self, n_connections: int, for_s: float) -> Rush:
        """What comes of connections that ask as soon as they are answered: the most that can be had."""
        return asyncio.run(self._peak(n_connections, for_s))

    async def _rush(self, rate: float, for_s: float) -> Rush:
        found, tasks, start = Rush(rate, for_s), set[asyncio.Task[None]](), time.perf_counter()
        for n in range(int(rate * for_s)):
            due = start + n / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.ensure_future(self._timed(found, due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            if n % 16 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        self._close()
        return found

    async def _peak(self, n: int, for_s: float) -> Rush:
        found, end = Rush(float("inf"), for_s), time.perf_counter() + for_s

        async def ask() -> None:
            while (now := time.perf_counter()) < end:
                await self._timed(found, now)

        await asyncio.gather(*(ask() for _ in range(n)))
        self._close()
        return found

    async def _timed(self, found: Rush, due: float) -> None:
        status = 0
        try:
            async with asyncio.timeout(PATIENCE_S):
                status = await self._ask()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            found.unanswered[f"{type(error).__name__} {error}"[:60]] += 1
        found.seconds.setdefault(status, []).append(time.perf_counter() - due)

    async def _ask(self) -> int:
        while self._idle and self._idle[-1][0].at_eof():
            # The server has closed what stood idle for long.
            self._idle.pop()[1].close()
            self._n_open -= 1
        if self._idle:
            reader, writer = self._idle.pop()
        elif self._n_open >= MOST_OPEN:
            raise OSError("too many are open")
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._n_open += 1
        whole = False
        try:
            writer.write(self._request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status in (429, 503) and b"\r\nretry-after: " not in head.lower():
                raise ValueError(f"{status} without Retry-After")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            whole = b"connection: close" not in head.lower()
            return status
        finally:
            if whole:
                self._idle.append((reader, writer))
            else:
                self._n_open -= 1
                writer.transport.abort()

    def _close(self) -> None:
        for _, writer in self._idle:
            writer.transport.abort()
        self._idle.clear()
        self._n_open = 0


def told(rush: Rush) -> dict[str, Any]:
    """The rush in figures."""
    return {
        "rate": round(rush.rate, 1) if rush.rate < 1e9 else "closed", "goodput": round(rush.goodput, 1),
        "p50_ms": round(1000 * rush.quantile(200, 0.5), 1), "p99_ms": round(1000 * rush.quantile(200, 0.99), 1),
        "refused_p99_ms": round(1000 * rush.quantile(429, 0.99), 1), "counts": rush.counts(),
        "unanswered": dict(rush.unanswered),
    }  # fmt: skip
