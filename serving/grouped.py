"""Work that gathers: what arrives while a piece of work is under way is done together when that is through.

One thread does it, so a hundred callers share one transaction, one flush and one round trip (group commit: DeWitt et al. 1984,
"Implementation techniques for main memory database systems", section 5); a caller alone waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from offers.database import LedgerError

T = TypeVar("T")
R = TypeVar("R")


class Grouped(Generic[T, R]):
    """Shared by the event loops of a process. `work` takes some items and gives one result each, in order."""

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], most: int) -> None:
        """most: items done together; others wait no longer than that many take."""
        self._work, self._most = work, most
        self._lock = Lock()
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._busy = False
        self._own = ThreadPoolExecutor(1, thread_name_prefix="grouped")

    def begin(self, item: T) -> asyncio.Future[R]:
        """Start on an item; its result, or what `work` raised, comes by the future."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        with self._lock:
            self._waiting.append((item, future))
            leads, self._busy = not self._busy, True
        if leads:
            # Who else is ready in this turn of the loop comes along.
            loop.call_soon(self._own.submit, self._lead)
        return future

    def close(self) -> None:
        """End the thread once what waits is done."""
        self._own.shutdown()

    def _lead(self) -> None:
        while True:
            with self._lock:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._busy = bool(group)
            if not group:
                return
            told = self._results([item for item, _ in group])
            for (_, future), result in zip(group, told, strict=True):
                # A loop that was closed meanwhile has nobody left to tell.
                with suppress(RuntimeError):
                    future.get_loop().call_soon_threadsafe(settle, future, result)

    def _results(self, items: Sequence[T]) -> Sequence[R | BaseException]:
        try:
            return self._work(items)
        except LedgerError as error:
            return [error] * len(items)
        except Exception as error:
            # One that nobody foresaw must not take its neighbours down: each goes alone.
            return [error] if len(items) == 1 else [self._results([item])[0] for item in items]


def settle(future: asyncio.Future[R], result: R | BaseException) -> None:
    """Give the caller their result, or raise it there. On the future's loop."""
    if future.done():  # its caller left
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
