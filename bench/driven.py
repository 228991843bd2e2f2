"""An ASGI application driven as uvicorn drives it, without a socket: its own protocol is fed what some connections send
in one turn of the event loop, and writes to nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

PATIENCE_S = 120.0


class Wire(asyncio.Transport):
    """What a connection writes to: counts the answers that ended. They come in two pieces, the head and the body."""

    def __init__(self, done: Callable[[bytes], None]) -> None:
        super().__init__()
        self._done, self._pieces = done, list[bytes]()

    def write(self, data: Any) -> None:
        """Keep a piece; two are an answer."""
        self._pieces.append(bytes(data))
        if len(self._pieces) == 2:
            answer, self._pieces = b"".join(self._pieces), []
            self._done(answer)

    def is_closing(self) -> bool:
        """Never."""
        return False

    def resume_reading(self) -> None:
        """It never stopped."""


class Driven:
    """Some connections of a server that has no socket."""

    def __init__(self, app: Any, n: int) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=False)
        config.load()
        self._loop, self.answers = asyncio.get_running_loop(), list[bytes]()
        self._all: asyncio.Future[None] = self._loop.create_future()
        state = ServerState()
        self._made = [HttpToolsProtocol(config, state, {}) for _ in range(n)]
        for one in self._made:
            one.connection_made(Wire(self._answered))

    async def round(self, requests: Sequence[bytes]) -> list[bytes]:
        """One request on each connection, all in one turn; the answers as they come."""
        self.answers, self._all = [], self._loop.create_future()
        for one, request in zip(self._made, requests, strict=True):
            one.data_received(request)
        await self._all
        return self.answers

    def _answered(self, answer: bytes) -> None:
        self.answers.append(answer)
        if len(self.answers) == len(self._made):
            self._all.set_result(None)


async def driven(app: Any, asked: Sequence[bytes], n_rounds: int) -> list[bytes]:
    """The last round's answers. TimeoutError when they don't come."""
    one, answers = Driven(app, len(asked)), list[bytes]()
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(n_rounds):
            answers = await one.round(asked)
    return answers
