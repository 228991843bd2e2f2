"""Questions that wait in two turns of the event loop, answered together when everything that is ready has had its turn.

Nobody waits for anybody: there is no timer, and who is alone is answered alone, some 10 µs later. While a block is answered the
loop stands still, so those who come meanwhile are the next block: the busier, the larger, and the cheaper each answer. Between
two blocks the loop has a turn for everything else, so who is refused hears it after one block, however many wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Generic, TypeVar

from serving.grouped import settle

WEIGHT = 0.2
"""How much a block weighs in what is remembered of how long an answer takes."""
T = TypeVar("T")
R = TypeVar("R")


class _Line(Generic[T, R]):
    """Those who wait on one loop, in order. While anybody does, a call of `_serve` is on its way."""

    __slots__ = ("loop", "waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.waiting: deque[tuple[T, asyncio.Future[R]]] = deque()


class Turn(Generic[T, R]):
    """`answer` takes some questions and gives one answer each, in order; it neither waits nor takes long. It may be asked the
    same again: when it fails each goes alone, so that one whom nobody foresaw takes no neighbour down."""

    def __init__(
        self, answer: Callable[[Sequence[T]], Sequence[R]], most: int, clock_s: Callable[[], float] = perf_counter
    ) -> None:
        """most: questions answered together."""
        self._answer, self._most, self._clock_s = answer, most, clock_s
        self._line: _Line[T, R] | None = None
        self._each_s = 0.0

    @property
    def n_waiting(self) -> int:
        """How many wait."""
        return 0 if self._line is None else len(self._line.waiting)

    @property
    def wait_s(self) -> float:
        """How long one who asks now would wait for those before."""
        return self.n_waiting * self._each_s

    async def ask(self, question: T) -> R:
        """The answer, or what `answer` raised. One that stands when its caller's time ends is still given."""
        loop = asyncio.get_running_loop()
        line = self._line
        if line is None or line.loop is not loop:
            line = self._line = _Line(loop)
        if not line.waiting:
            loop.call_soon(self._gather, line)
        future: asyncio.Future[R] = loop.create_future()
        line.waiting.append((question, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done():
                return future.result()  # raises as well, if it was cancelled
            raise

    def alone(self, question: T) -> R:
        """The answer now, for one who can't wait for others; raises what `answer` raises."""
        return self._answer([question])[0]

    def anew(self) -> Turn[T, R]:
        """Another for questions of another kind: no block has some of each."""
        return Turn(self._answer, self._most, self._clock_s)

    def _gather(self, line: _Line[T, R]) -> None:
        """Let the loop read its sockets once more. After the first answers their callers ask again, one of them a moment before
        the others: without this turn that one is a block, and the others are the next."""
        line.loop.call_soon(self._serve, line)

    def _serve(self, line: _Line[T, R]) -> None:
        block: list[tuple[T, asyncio.Future[R]]] = []
        while line.waiting and len(block) < self._most:
            question, future = line.waiting.popleft()
            if not future.done():  # else its caller left
                block.append((question, future))
        began = self._clock_s()
        for (_, future), told in zip(block, self._told([question for question, _ in block]), strict=True):
            settle(future, told)
        if block:
            self._each_s += ((self._clock_s() - began) / len(block) - self._each_s) * WEIGHT
        if line.waiting:
            line.loop.call_soon(self._serve, line)

    def _told(self, questions: Sequence[T]) -> Sequence[R | BaseException]:
        if not questions:
            return []
        try:
            return self._answer(questions)
        except Exception as error:
            return [error] if len(questions) == 1 else [self._told([question])[0] for question in questions]
