"""Who redeems: coroutines of one event loop, as in the service, or threads. Each redeems one coupon after another until the
time is over, and all of them at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import uvloop

from bench.ledger_world import Broken, redeem, redeem_later
from bench.threads import begin_together
from offers.desk import Desk


@dataclass(frozen=True)
class Run:
    """One measurement of the desk: redemptions a second, and how long each took, in seconds."""

    rate: float
    took: np.ndarray


Callers = Callable[[Desk, list[str], int, float], Run]
"""(desk, codes, number of callers, seconds): codes are taken from the end of the list. Raises Broken when a redemption is
refused or the coupons run out."""


def coroutines(desk: Desk, codes: list[str], n: int, seconds: float) -> Run:
    """Coroutines of one event loop."""
    took: list[float] = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        began = time.perf_counter()

        async def work() -> None:
            end = (at := time.perf_counter()) + seconds
            while at < end:
                await redeem_later(desk, _next(codes))
                before, at = at, time.perf_counter()
                took.append(at - before)

        async def everyone() -> None:
            async with asyncio.TaskGroup() as group:
                for _ in range(n):
                    group.create_task(work())

        try:
            runner.run(everyone())
        except ExceptionGroup as broken:  # `except*` may wrap what is raised in it
            raise broken.exceptions[0] from None
        return _run(took, began)


def at_once(desk: Desk, codes: Sequence[str]) -> float:
    """Seconds in which as many coroutines as there are codes redeem one each, all of them at the same moment."""

    async def everyone() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(redeem_later(desk, code) for code in codes))
        return time.perf_counter() - began

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(everyone())


def threads(desk: Desk, codes: list[str], n: int, seconds: float) -> Run:
    """As many threads."""
    took = [list[float]() for _ in range(n)]

    def work(own: int, barrier: threading.Barrier) -> None:
        barrier.wait()
        end = (at := time.perf_counter()) + seconds
        while at < end and not barrier.broken:
            redeem(desk, _next(codes))
            before, at = at, time.perf_counter()
            took[own].append(at - before)

    began = time.perf_counter()
    begin_together(n, work)
    return _run([one for own in took for one in own], began)


def _next(codes: list[str]) -> str:
    try:
        return codes.pop()
    except IndexError:
        raise Broken("the coupons ran out before the time did; raise STOCK") from None


def _run(took: list[float], began: float) -> Run:
    return Run(len(took) / (time.perf_counter() - began), np.array(took))
