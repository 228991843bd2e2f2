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
TICK_S = 0.001
"""What the event loop's timers may be early by."""


def budget_s(headers: Mapping[str, str], most_s: float) -> float:
    """Seconds that this request has. Raises Problem 400 for anything but a whole number from 1."""
    told = headers.get(HEADER)
    if told is None:
        return most_s
    told = told.strip(" \t")  # which a header's value may have around it (RFC 9110, 5.5)
    if not (told.isascii() and told.isdecimal() and len(told) <= MAX_DIGITS and int(told) > 0):
        raise malformed(
            "X-Deadline-Ms: not a whole number of milliseconds from 1", "header/X-Deadline-Ms", "bad_deadline"
        )
    return min(most_s, int(told) / 1000)


class Deadlines:
    """Of all who have the same `seconds`: they end in the order in which they began, so one timer, for the first of them, does
    for all. A timer each costs more than all the rest of this module."""

    __slots__ = ("_line", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._line: _Line | None = None

    def within(self, seconds: float) -> Within:
        """For one request; who has other seconds has a timer of their own."""
        if seconds != self.seconds:
            return Within(seconds)
        loop = asyncio.get_running_loop()
        if self._line is None or self._line.loop is not loop:
            self._line = _Line(loop)
        return Within(seconds, self._line)


class Within:
    """`asyncio.timeout` for the task that runs, at less than half its price: who takes longer is cancelled, and leaves by
    TimeoutError."""

    __slots__ = ("_cancelled_before", "_is_over", "_line", "_seconds", "_task", "_timer", "until_s")

    def __init__(self, seconds: float, line: _Line | None = None) -> None:
        """line: of those who all have these seconds."""
        self._seconds, self._line, self._is_over = seconds, line, False

    def __enter__(self) -> Within:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None, "no task runs"
        self._task, self._cancelled_before = task, task.cancelling()
        self.until_s = loop.time() + self._seconds
        """By the clock of the event loop."""
        if self._line is None:
            self._timer = loop.call_later(self._seconds, self.end)
        else:
            self._line.add(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._line is None:
            self._timer.cancel()
        else:
            self._line.running.pop(self, None)
        # Somebody else may have cancelled the task as well: then it is theirs to end.
        if self._is_over and self._task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def end(self) -> None:
        """Time is up."""
        self._is_over = True
        self._task.cancel()


class _Line:
    """Those of one loop, in the order in which they end; a timer is set while it may have to end one."""

    __slots__ = ("_is_set", "loop", "running")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self._is_set = loop, False
        self.running: dict[Within, None] = {}

    def add(self, last: Within) -> None:
        self.running[last] = None
        if not self._is_set:
            self._set(last)

    def _set(self, first: Within) -> None:
        self._is_set = True
        self.loop.call_at(first.until_s, self._look)

    def _look(self) -> None:
        self._is_set, now_s = False, self.loop.time()
        for first in list(self.running):
            if first.until_s > now_s + TICK_S:
                self._set(first)
                return
            del self.running[first]
            first.end()
