"""Clients that take their time: connections on which nothing is said, and requests whose heads or bodies trickle in."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

_BODY = ("Content-Length: 4000\r\n\r\n", b" ")
_HEAD = ("X-Long: ", b"a")
"""What the head ends with, and what trickles in then."""


class OddClients(threading.Thread):
    """`n_idle` connections that say nothing, `n_slow` that send a byte of their body every `pause_s` and `n_heads` one of
    a head that never ends, until `finish`.

    statuses: of those slow ones that were answered, None for one that was cut off.
    """

    def __init__(
        self, port: int, secret: str, n_idle: int = 0, n_slow: int = 0, n_heads: int = 0, pause_s: float = 0.2
    ) -> None:
        super().__init__(daemon=True)
        self._port, self._secret, self._pause_s = port, secret, pause_s
        self._n_idle, self._slow = n_idle, [_BODY] * n_slow + [_HEAD] * n_heads
        self.n_connected, self.statuses, self._ends = 0, list[int | None](), False
        self.start()

    def finish(self) -> None:
        """Let them go."""
        self._ends = True
        self.join(60)

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        idle = []
        for _ in range(self._n_idle):
            with suppress(OSError):
                idle.append(await asyncio.open_connection("127.0.0.1", self._port))
                self.n_connected += 1
        slow = [asyncio.ensure_future(self._trickle(*what)) for what in self._slow]
        while not self._ends:
            await asyncio.sleep(0.05)
        for task in slow:
            task.cancel()
        for _, writer in idle:
            writer.transport.abort()

    async def _trickle(self, end: str, drop: bytes) -> None:
        while not self._ends:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self.n_connected += 1
            head = f"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._secret}\r\n"
            writer.write(f"{head}Content-Type: application/json\r\n{end}".encode())
            answer = asyncio.ensure_future(reader.readline())
            try:
                while not answer.done():
                    writer.write(drop)
                    await asyncio.wait([answer], timeout=self._pause_s)
                line = answer.result()
                self.statuses.append(int(line.split()[1]) if line else None)
            except OSError:
                self.statuses.append(None)
            finally:
                answer.cancel()
                writer.transport.abort()
