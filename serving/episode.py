"""An episode: one trouble of one part, from its first sign to its end. The log gets a line at each end, not one a request."""

from __future__ import annotations

import logging

log = logging.getLogger("daypart.serving")


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
