"""A line to a server that can be cut: a small TCP proxy in a thread of its own, for faults that a network has."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Literal

Mode = Literal["whole", "refused", "silent", "slow", "late", "torn", "loading"]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SLOW_S, LATE_S = 0.2, 0.035
STRIDE = 7
LOADING = b"-LOADING Valkey is loading the dataset in memory\r\n"
CHUNK = 1 << 16


class FaultyLine:
    """Forwards `port` of the loopback to whatever `reach` opens.

    refused: nobody listens, and who was connected is cut off; silent: everybody is heard and nobody answered; slow: every answer
    is `SLOW_S` late; late: `LATE_S`, as long as is waited for; torn: of every answer a part comes, each time another, and the
    connection is cut; loading: a Redis that has just been started answers so. A mend cuts off who waits, as a network that comes
    back does.
    """

    def __init__(self, reach: Callable[[], Awaitable[Streams]]) -> None:
        self._reach, self._mode = reach, "whole"
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port, self.n_asked, self._n_torn = 0, 0, 0
        """Where it listens; how many questions, or parts of one, have come."""
        self._run(self._listen())

    def become(self, mode: Mode) -> None:
        """From now on the line is so."""
        self._run(self._become(mode))

    def close(self) -> None:
        """Cut everything, end the thread."""
        self._run(self._become("refused"))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, work: Awaitable[None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _become(self, mode: Mode) -> None:
        before, self._mode = self._mode, mode
        if mode == "refused" or before == "silent":
            for writer in list(self._writers):
                writer.transport.abort()
        if mode == "refused" and before != "refused":
            self._server.close()
        elif before == "refused" and mode != "refused":
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        far = None
        try:
            far_reader, far = await self._reach()
            self._writers.add(far)
            await asyncio.gather(self._ask(reader, writer, far), self._answer(far_reader, writer))
        except OSError:
            pass
        finally:
            for one in (writer, far):
                if one is not None:
                    self._writers.discard(one)
                    one.transport.abort()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            self.n_asked += 1
            while self._mode == "silent":
                await asyncio.sleep(0.02)
            if self._mode == "loading":
                # A command is an array, which begins with a star and how long it is.
                writer.write(LOADING * len(re.findall(rb"(?:^|\r\n)\*\d+\r\n", chunk)))
            else:
                far.write(chunk)
                await far.drain()
        with contextlib.suppress(OSError):
            far.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            while self._mode == "silent":
                await asyncio.sleep(0.02)
            if self._mode in ("slow", "late"):
                await asyncio.sleep(SLOW_S if self._mode == "slow" else LATE_S)
            if self._mode == "torn":
                self._n_torn += STRIDE
                writer.write(chunk[: self._n_torn % len(chunk)])
                writer.close()
                return
            writer.write(chunk)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.transport.abort()
