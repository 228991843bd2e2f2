"""Lines of the log are written by a thread of their own: whoever collects them may stand still, and a full pipe would hold up
the event loop with the first line that finds no room, and with it everybody who asks."""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress

MOST = 1000
"""Lines that wait; what comes then is dropped."""
CLOSE_S = 1.0


class LogWriter(logging.Handler):
    """Stands before a handler that may block, under its name. `close` waits a moment for what is still to be written."""

    def __init__(self, handler: logging.Handler) -> None:
        super().__init__(handler.level)
        self.set_name(handler.get_name())
        self._handler = handler
        self._waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(MOST)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand it over, or drop it: nobody waits for a line."""
        with suppress(queue.Full):
            self._waiting.put_nowait(record)

    def close(self) -> None:
        """See logging.Handler."""
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(CLOSE_S)
        super().close()

    def _run(self) -> None:
        while (record := self._waiting.get()) is not None:
            self._handler.handle(record)


def write_beside(name: str) -> list[LogWriter]:
    """Put one before each handler of that name, wherever it stands; those put."""
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    made: dict[int, LogWriter] = {}
    for logger in [each for each in loggers if isinstance(each, logging.Logger)]:
        for handler in list(logger.handlers):
            if handler.get_name() == name and not isinstance(handler, LogWriter):
                if id(handler) not in made:
                    made[id(handler)] = LogWriter(handler)
                logger.removeHandler(handler)
                logger.addHandler(made[id(handler)])
    return list(made.values())
