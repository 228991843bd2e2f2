"""How long the online store takes for a read of late, so that who has less time than that isn't made to wait for it."""

from __future__ import annotations

from collections.abc import Callable

from serving.episode import Episode

WEIGHT = 0.2
"""How much a read weighs in what is remembered."""
SLOW_S, QUICK_S = 0.02, 0.01
"""A mean above the one is an episode, which lasts until it is below the other; usual is a third of a millisecond."""
CALM_S = 5.0
"""For so long it stays below before the episode is over: one slow connection among others, or a busy machine, comes and goes."""
READS = 3
"""One that is under way when somebody comes, theirs, and one to spare: what a caller's patience has to suffice for."""


class Pace:
    """Of one process's reads. Threads may share it: a read that is missed in the mean does no harm. `clock_s` is monotonic."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self.mean_s, self._clock_s, self._slow_at_s = 0.0, clock_s, 0.0
        self._slow = Episode("online store slow, who is in a hurry is answered from memory", "online store quick again")

    @property
    def needed_s(self) -> float:
        """What somebody who is to be read needs at least."""
        return READS * self.mean_s

    def took(self, seconds: float) -> None:
        """One read took so long, whether it came to something or not."""
        self.mean_s += (seconds - self.mean_s) * WEIGHT
        if self.mean_s > SLOW_S:
            self._slow.begin(f"a read takes {1000 * self.mean_s:.0f} ms")
        if self._slow.is_on:
            now_s = self._clock_s()
            if self.mean_s >= QUICK_S:
                self._slow_at_s = now_s
            elif now_s - self._slow_at_s >= CALM_S:
                self._slow.end()
