"""An open-loop load: requests leave at their appointed times, whether or not earlier ones were answered.

Latency counts from the appointed time, so a stall is paid by every request that it keeps waiting and not by one alone.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE_S = 30.0
LACKS = b'"degraded":true'
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Shot:
    """One request: seconds from its appointed time to the last byte of the answer, and what was answered.

    Status 0: the connection broke or nothing came for `PATIENCE_S`. Cut: it was asked once more, as a connection that had
    waited was closed without an answer. Degraded: the answer says that it lacks something. What it says else isn't kept: a
    client that grows takes the time of whom it measures.
    """

    took_s: float
    status: int
    cut: bool = False
    degraded: bool = False


def shoot(
    host: str, port: int, requests: Sequence[bytes], rate: float, done: Callable[[int], None] = lambda n: None
) -> list[Shot]:
    """Send the requests, whole HTTP/1.1 messages, `rate` a second; what became of each."""
    with uncollected():
        return asyncio.run(_shoot(host, port, requests, rate, done))


@contextmanager
def uncollected() -> Iterator[None]:
    """No collection of garbage: one of all that this process holds would stop the clock for every request on its way."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _shoot(
    host: str, port: int, requests: Sequence[bytes], rate: float, done: Callable[[int], None]
) -> list[Shot]:
    free: list[Wire] = []
    began, running, shots = time.perf_counter() + 0.1, set[asyncio.Task[None]](), dict[int, Shot]()

    async def one(place: int, request: bytes, due: float) -> None:
        shots[place] = await _one(host, port, request, due, free)

    for place, request in enumerate(requests):
        due = began + place / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(one(place, request, due))
        running.add(task)
        task.add_done_callback(running.discard)
        if place % 50 == 0:
            done(place)
    await asyncio.gather(*running)
    for _, writer in free:
        writer.close()
    done(len(requests))
    return [shots[place] for place in range(len(requests))]


async def _one(host: str, port: int, request: bytes, due: float, free: list[Wire]) -> Shot:
    cut: list[bool] = []
    try:
        async with asyncio.timeout(PATIENCE_S):
            status, body = await ask_on(host, port, request, free, lambda: cut.append(True))
    except (OSError, EOFError, ValueError, TimeoutError):
        return Shot(time.perf_counter() - due, 0, bool(cut))
    return Shot(time.perf_counter() - due, status, bool(cut), LACKS in body)


async def ask_on(
    host: str, port: int, request: bytes, free: list[Wire], cut: Callable[[], object] = lambda: None
) -> tuple[int, bytes]:
    """On a connection that waits, or on a new one: a client with as many tills as it needs.

    A server may close a connection that waited for long. As HTTP clients do, we then ask once more on a new one; the time
    that takes counts, and `cut` hears of it.
    """
    while free:
        wire = free.pop()
        if wire[0].at_eof() or wire[1].is_closing():
            wire[1].close()
            continue
        wire[1].write(request)
        try:
            answer = await _answer(wire[0])
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            wire[1].close()
            if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                raise
            cut()
            break
        free.append(wire)
        return answer
    wire = await asyncio.open_connection(host, port)
    wire[1].write(request)
    answer = await _answer(wire[0])
    free.append(wire)
    return answer


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body. Raises ValueError for an answer without a length: none of ours is."""
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in head if line.lower().startswith(b"content-length:")]
    if not lengths:
        raise ValueError("the answer tells no length")
    return int(head[0].split()[1]), await reader.readexactly(lengths[0])
