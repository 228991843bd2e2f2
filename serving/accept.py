"""Connections are taken as they come. libuv, which the event loop stands on, takes one a turn: while many are answered turns are
long, and new connections would stay in the kernel's queue, where no limit sees them and nobody tells them no.

Here half of those that wait are taken in a turn, the other half is the other workers' or, after a pause, the next turn's, and
made connections of the same server, which takes none itself any more.

The listening socket is one for all workers and their supervisor, and stays open until the last of them has ended: whoever came
after the last worker took one would be connected, would ask, and be cut off unheard. So the last one shuts it (`Door.close`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

MOST_A_TURN = 128
"""Taking one costs some 30 µs."""
PAUSE_S = 0.001
"""Behind a turn that took some, so that of those who come one by one the other workers have theirs too: connections that are kept
stay where they were taken."""
LOOK_S = 0.05
# Of a socket that listens: its state, and how many connections wait to be taken (struct tcp_info of Linux, tcpi_unacked).
_WAITING = struct.Struct("B23xI")
_LISTENS = 10


class Accept:
    """Takes the connections of a listening socket, by its descriptor, for the loop that runs, until `is_over` says so. protocol:
    makes what serves one."""

    def __init__(self, listening: int, protocol: Callable[[], asyncio.Protocol], is_over: Callable[[], bool]) -> None:
        # A descriptor of its own: one that has a server of the loop's can't have a reader as well.
        self._listening, self._protocol, self._is_over = socket.socket(fileno=os.dup(listening)), protocol, is_over
        self._listening.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[Any]] = set()
        self._look()

    def close(self) -> None:
        """Take no more."""
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
            self._listening.close()

    def shut(self) -> None:
        """Take all who wait; whoever comes then, to this process or another, is refused, until somebody listens anew."""
        if self._listening.fileno() < 0:
            return
        while self._take_one():
            pass
        with suppress(OSError):  # another worker was here before
            self._listening.shutdown(socket.SHUT_RDWR)
        self.close()

    def _take(self) -> None:
        n = waiting(self._listening)
        if n is None or self._is_over():
            self.close()
            return
        most, took = min(-(-n // 2), MOST_A_TURN), 0
        while took < most and self._take_one():
            took += 1
        if took:
            self._loop.remove_reader(self._listening)
            self._loop.call_later(PAUSE_S, self._look)

    def _look(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening, self._take)

    def _take_one(self) -> bool:
        try:
            taken, _ = self._listening.accept()
        except OSError:
            # Nobody waits any more, or one who waited has gone, or there is no descriptor left: the next turn will tell.
            return False
        taken.setblocking(False)
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, taken))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return True


def waiting(listening: socket.socket) -> int | None:
    """How many connections wait to be taken; None of a socket that was shut."""
    state, n = _WAITING.unpack(listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _WAITING.size))
    return int(n) if state == _LISTENS else None


def running_server() -> Any:
    """The uvicorn server of this process, None without one: SIGTERM is its own to handle. In the main thread."""
    import uvicorn

    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if isinstance(server, uvicorn.Server) else None


class Door:
    """Where the connections of a server come in. server: as of `running_server`."""

    def __init__(self, server: Any) -> None:
        self._server, self._accepts = server, list[Accept]()

    async def open(self) -> None:
        """Begin to take connections as soon as the server listens, in its place."""
        server = self._server
        if server is None:
            return
        while not server.started:
            await asyncio.sleep(LOOK_S)
        config, state = server.config, server.lifespan.state

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(
                config=config, server_state=server.server_state, app_state=state
            )
            return made

        for each in server.servers:
            of_tcp = [one for one in each.sockets if one.family in (socket.AF_INET, socket.AF_INET6)]
            self._accepts += [Accept(one.fileno(), protocol, lambda: bool(server.should_exit)) for one in of_tcp]
            if of_tcp:
                each.close()

    def close(self, others_serve: bool) -> None:
        """Take no more; where no other worker does, whoever waits is taken and the sockets are shut."""
        for accept in self._accepts:
            if others_serve:
                accept.close()
            else:
                accept.shut()
