"""One thread a process that looks after what changes beside the requests: every second each of its errands is done once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

log = logging.getLogger("daypart.serving")
EVERY_S = 1.0


class Watcher:
    """Runs the errands, one after the other, until it is closed. One that fails is in the log, and is done again."""

    def __init__(self, errands: Sequence[Callable[[], object]], every_s: float = EVERY_S) -> None:
        self._errands, self._every_s = errands, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after the errand at hand."""
        self._ended.set()
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            for errand in self._errands:
                try:
                    errand()
                except Exception:
                    log.exception("an errand beside the requests failed")
