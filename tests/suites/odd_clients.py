"""Clients that take their time: connections on which nothing is said, and requests whose bodies trickle in."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress


class OddClients(threading.Thread):
    """`n_idle` connections that say nothing and `n_slow` that send a byte of their body every `pause_s`, until `finish`.

    statuses: of those slow ones that were answered, None for one that was cut off.
    """

    def __init__(self, port: int, secret: str, n_idle: int = 0, n_slow: int = 0, pause_s: float = 0.2) -> None:
        super().__init__(daemon=True)
        self._port, self._secret, self._n_idle, self._n_slow, self._pause_s = port, secret, n_idle, n_slow, pause_s
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
        slow = [asyncio.ensure_future(self._trickle()) for _ in range(self._n_slow)]
        while not self._ends:
            await asyncio.sleep(0.05)
        for task in slow:
            task.cancel()
        for _, writer in idle:
            writer.transport.abort()

    async def _trickle(self) -> None:
        while not self._ends:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            self.n_connected += 1
            head = f"POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._secret}\r\n"
            writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n".encode())
            answer = asyncio.ensure_future(reader.readline())
            try:
                while not answer.done():
                    writer.write(b" ")
                    await asyncio.wait([answer], timeout=self._pause_s)
                line = answer.result()
                self.statuses.append(int(line.split()[1]) if line else None)
            except OSError:
                self.statuses.append(None)
            finally:
                answer.cancel()
                writer.transport.abort()
