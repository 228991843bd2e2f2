"""Questions that wait in one turn of the event loop, answered together when everything that is ready has had its turn.

Nobody waits for anybody: there is no timer, and who is alone is answered alone. While a block is answered the loop stands still,
so those who come meanwhile are the next block: the busier, the larger, and the cheaper each answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from serving.grouped import settle

T = TypeVar("T")
R = TypeVar("R")


class _Block(Generic[T, R]):
    """Those who will be answered together on one loop."""

    __slots__ = ("asked", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.asked: list[tuple[T, asyncio.Future[R]]] = []


class Turn(Generic[T, R]):
    """`answer` takes some questions and gives one answer each, in order; it neither waits nor takes long. It may be asked the
    same again: when it fails each goes alone, so that one whom nobody foresaw takes no neighbour down."""

    def __init__(self, answer: Callable[[Sequence[T]], Sequence[R]], most: int) -> None:
        """most: questions answered together."""
        self._answer, self._most = answer, most
        self._open: _Block[T, R] | None = None

    async def ask(self, question: T) -> R:
        """The answer, or what `answer` raised. One that stands when its caller's time ends is still given."""
        loop = asyncio.get_running_loop()
        block = self._open
        if block is None or block.loop is not loop or len(block.asked) == self._most:
            block = self._open = _Block(loop)
            loop.call_soon(self._close, block)
        future: asyncio.Future[R] = loop.create_future()
        block.asked.append((question, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                return future.result()
            raise

    def alone(self, question: T) -> R:
        """The answer now, for one who can't wait for others; raises what `answer` raises."""
        return self._answer([question])[0]

    def anew(self) -> Turn[T, R]:
        """Another for questions of another kind: no block has some of each."""
        return Turn(self._answer, self._most)

    def _close(self, block: _Block[T, R]) -> None:
        if self._open is block:
            self._open = None
        # Who left meanwhile needs no answer.
        asked = [(question, future) for question, future in block.asked if not future.done()]
        for (_, future), told in zip(asked, self._told([question for question, _ in asked]), strict=True):
            settle(future, told)

    def _told(self, questions: Sequence[T]) -> Sequence[R | BaseException]:
        if not questions:
            return []
        try:
            return self._answer(questions)
        except Exception as error:
            return [error] if len(questions) == 1 else [self._told([question])[0] for question in questions]
