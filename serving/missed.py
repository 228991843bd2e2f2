"""What the online store may lack since it was away, refused what was written or was connected to anew, as that may be a server
with older rows: purchases of the last minutes are shown again. It would have been told only by the next features run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from offers.database import LedgerError
from serving.inbox import RECENT
from serving.parts import Parts

PAUSE_S = 3.0
"""Between two tries."""


class Missed:
    """Of one process; one thread alone calls `look`. show_again: shows what came since a moment."""

    def __init__(
        self, parts: Parts, show_again: Callable[[Parts, datetime], None], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._parts, self._show_again, self._clock_s = parts, show_again, clock_s
        self._seen, self._again_s = self._signs(), float("-inf")
        self._since: datetime | None = None

    def look(self) -> bool:
        """An errand: show it if there is anything, and the store is there; whether it was tried. Raises nothing."""
        if (signs := self._signs()) != self._seen:
            self._seen, self._since = signs, self._since or self._parts.clock() - RECENT
        if self._since is None or self._parts.gate.is_down or self._clock_s() < self._again_s:
            return False
        self._again_s = self._clock_s() + PAUSE_S
        try:
            self._show_again(self._parts, self._since)
        except LedgerError:
            return True
        if self._parts.visits.n_missed == self._seen[0]:
            self._since = None
        return True

    def _signs(self) -> tuple[int, int]:
        return self._parts.visits.n_missed, self._parts.gate.n_connected
