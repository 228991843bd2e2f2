"""Overload: how many requests at once keep the time that each waits for its turn near TARGET_S; beyond it they are refused early.

A process's work is one event loop, so waiting shows as lateness of the loop: a beat every BEAT_S measures it. Late beats
take a tenth off the limit, beats in time add a little (additive increase, multiplicative decrease: Chiu and Jain 1989).
What is refused costs a fraction of an answer, but not nothing: the target leaves a queue that short bursts fit in. Tills are
refused by the hard limit alone: a coupon that can't be redeemed is a person at the counter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from serving.asked import Call
from serving.problems import RETRY_AFTER_S, Problem

MOST = 512
MOST_ASIDE = 2048
LEAST = 32
BEAT_S = 0.01
TARGET_S = 0.05
LESS, MORE = 0.9, 4.0
# What one late beat tells is half forgotten after this many.
SMOOTHED = 4


def sheds(call: Call) -> bool:
    """Whether this kind of call is refused while the loop is late: every one but those of a till that stands waiting."""
    return not call.needs_key


def busy() -> Problem:
    """429 with Retry-After."""
    return Problem(429, "too_many_requests", "too many requests at once", headers={"Retry-After": str(RETRY_AFTER_S)})


class Load:
    """The load of one process: what is in it, what may be."""

    def __init__(self) -> None:
        self.n = 0
        """Requests being answered now, and in `n_aside` those whose bodies are still to come."""
        self.n_aside = 0
        self.limit = float(MOST)
        self.delay_s = 0.0
        """How long a request waits for a turn of the loop, smoothed."""
        self._timer: asyncio.TimerHandle | None = None

    def is_full(self, may_shed: bool) -> bool:
        """Whether one more, already counted in `n`, is too many. may_shed: whether its kind is refused for being late alone."""
        return self.n > (self.limit if may_shed else MOST)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """One that waits for its client is no work meanwhile. Raises Problem 429 when too many wait."""
        if self.n_aside >= MOST_ASIDE:
            raise busy()
        self.n, self.n_aside = self.n - 1, self.n_aside + 1
        try:
            yield
        finally:
            self.n, self.n_aside = self.n + 1, self.n_aside - 1

    def felt(self, late_s: float) -> None:
        """One beat of the loop came `late_s` late."""
        self.delay_s += (max(0.0, late_s) - self.delay_s) / SMOOTHED
        if self.delay_s > TARGET_S:
            # What isn't used can't be what makes the loop late.
            self.limit = max(LEAST, min(self.limit, self.n + 1) * LESS)
        else:
            self.limit = min(MOST, self.limit + MORE)

    def start(self) -> None:
        """Begin to beat on the running loop."""
        loop = asyncio.get_running_loop()

        def beat(due_s: float) -> None:
            now_s = loop.time()
            self.felt(now_s - due_s)
            self._timer = loop.call_at(now_s + BEAT_S, beat, now_s + BEAT_S)

        beat(loop.time())

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
