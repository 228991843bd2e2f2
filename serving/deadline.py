"""The deadline of a request: `X-Deadline-Ms`, how many milliseconds the caller will wait, counted from when we see it.

A recommendation spends less on what it can do without (coupons, the online store) and answers in time; anything else that can't
be done in time is a 503 `deadline`. Nobody gets more than the front's own limit, whatever they ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType

from serving.problems import malformed

HEADER = "x-deadline-ms"
MAX_DIGITS = 9
ANSWER_S = 0.005
"""Kept back of every deadline for scoring and writing."""


def budget_s(headers: Mapping[str, str], most_s: float) -> float:
    """Seconds that this request has. Raises Problem 400 for anything but a whole number from 1."""
    told = headers.get(HEADER)
    if told is None:
        return most_s
    if not (told.isascii() and told.isdecimal() and len(told) <= MAX_DIGITS and int(told) > 0):
        raise malformed(
            "X-Deadline-Ms: not a whole number of milliseconds from 1", "header/X-Deadline-Ms", "bad_deadline"
        )
    return min(most_s, int(told) / 1000)


class Within:
    """`asyncio.timeout` for the task that runs, at half its price: who takes longer is cancelled, and leaves by TimeoutError."""

    __slots__ = ("_cancelled_before", "_is_over", "_seconds", "_task", "_timer", "until_s")

    def __init__(self, seconds: float) -> None:
        self._seconds, self._is_over = seconds, False

    def __enter__(self) -> Within:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None, "no task runs"
        self._task, self._cancelled_before = task, task.cancelling()
        self.until_s = loop.time() + self._seconds
        """By the clock of the event loop."""
        self._timer = loop.call_later(self._seconds, self._end)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        # Somebody else may have cancelled the task as well: then it is theirs to end.
        if self._is_over and self._task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _end(self) -> None:
        self._is_over = True
        self._task.cancel()
