"""An episode: one trouble of one part, from its first sign to its end. The log gets a line at each end, not one a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger("daypart.serving")
QUIET_S = 120.0
"""Above the minute after which what a store sells is read again."""


class Episode:
    """Whether a trouble lasts. began, ended: what the log says; the cause is put behind `began`. Threads may share it."""

    def __init__(self, began: str, ended: str) -> None:
        self._began, self._ended = began, ended
        self.is_on = False

    def begin(self, cause: object) -> None:
        """A sign of the trouble."""
        if not self.is_on:
            self.is_on = True
            log.warning("%s: %s", self._began, cause)

    def end(self) -> None:
        """A sign that it is over."""
        if self.is_on:
            self.is_on = False
            log.warning("%s", self._ended)


class Signs:
    """A trouble of some rows among many, of which nobody sees the end: it is over when no sign came for QUIET_S. The log gets a
    line where it begins."""

    def __init__(self, says: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._says, self._clock_s = says, clock_s
        self._quiet_s = float("-inf")

    def seen(self, cause: object) -> None:
        """One more."""
        now_s, ends_s = self._clock_s(), self._quiet_s
        self._quiet_s = now_s + QUIET_S
        if now_s >= ends_s:
            log.warning("%s: %s", self._says, cause)
