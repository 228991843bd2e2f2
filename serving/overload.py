"""Overload: how many requests at once keep the wait for an answer near TARGET_S; beyond it they are refused early.

Waiting shows in two places: how late a beat of the event loop comes, and how long recommendations took that were let in (the
threads behind the loop have queues too). Every TURN_S the limit loses a fifth if either is over its target, and gains a
little if not (additive increase, multiplicative decrease: Chiu and Jain 1989). Until it has found its height, the line before
the scoring refuses whoever would wait for longer than the target there (`turn`). What is refused costs a fraction of an
answer, but not nothing, so the targets leave room for a queue that short bursts fit in. Tills are refused by the hard limit
alone: a coupon that can't be redeemed is a person at the counter.
"""

from __future__ import annotations

import asyncio

from serving.asked import Call
from serving.problems import RETRY_AFTER_S, Problem

MOST, LEAST = 512, 24
MOST_ASIDE = 2048
BEAT_S, TURN_S = 0.01, 0.1
LATE_S = 0.05
"""How late the loop may be."""
TARGET_S = 0.15
"""How long a recommendation may take."""
LESS, MORE = 0.8, 16
# How much a beat, and an answer, weighs in what is remembered of those before.
BEAT_WEIGHT, ANSWER_WEIGHT = 0.25, 0.1


def sheds(call: Call) -> bool:
    """Whether this kind of call is refused while answers are late: every one but those of a till that stands waiting."""
    return not call.needs_key


def busy() -> Problem:
    """429 with Retry-After."""
    return Problem(429, "too_many_requests", "too many requests at once", headers={"Retry-After": str(RETRY_AFTER_S)})


class Load:
    """The load of one process: what is in it, what may be."""

    def __init__(self) -> None:
        self.n, self.n_aside = 0, 0
        """Requests being answered now; those whose bodies are still to come."""
        self.limit = float(MOST)
        self.late_s, self.took_s = 0.0, 0.0
        """How late the loop is, how long a recommendation takes; both smoothed."""
        self._most_n, self._left_s = 0, TURN_S
        self._timer: asyncio.TimerHandle | None = None

    def is_full(self, may_shed: bool) -> bool:
        """Whether one more, already counted in `n`, is too many. may_shed: whether its kind is refused for being late alone."""
        self._most_n = max(self._most_n, self.n)
        return self.n > (self.limit if may_shed else MOST)

    def admit(self, call: Call) -> None:
        """Let it in, already counted in `n`. Raises Problem 429."""
        if self.is_full(sheds(call)):
            raise busy()

    def aside(self) -> Load:
        """One that waits for its client, while this is entered, is no work meanwhile. Entering raises Problem 429 when too many
        wait."""
        return self

    def __enter__(self) -> None:
        if self.n_aside >= MOST_ASIDE:
            raise busy()
        self.n, self.n_aside = self.n - 1, self.n_aside + 1

    def __exit__(self, *_: object) -> None:
        self.n, self.n_aside = self.n + 1, self.n_aside - 1

    def answered(self, seconds: float) -> None:
        """A recommendation took so long."""
        self.took_s += (seconds - self.took_s) * ANSWER_WEIGHT

    def felt(self, late_s: float) -> None:
        """One beat of the loop came `late_s` late."""
        self.late_s += (max(0.0, late_s) - self.late_s) * BEAT_WEIGHT
        self._left_s -= BEAT_S + max(0.0, late_s)
        if self._left_s > 0:
            return
        if self.late_s > LATE_S or self.took_s > TARGET_S:
            # What isn't used can't be what makes us late.
            self.limit = max(LEAST, min(self.limit, self._most_n + 1) * LESS)
        else:
            self.limit = min(MOST, self.limit + MORE)
        if self._most_n == 0:
            # Nobody asked, so nobody said that it is over.
            self.took_s *= LESS
        self._most_n, self._left_s = self.n, TURN_S

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
