"""What a worker writes: lines of text, or of JSON for machines that collect them; with request ids and without personal data.

Our own lines name parts, calls and request ids, never a person. What an unexpected exception says may quote anything, so of
it only the kind and the places are written: the request id leads from the caller to the place, and the place to the fault.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

FIELDS = ("request_id",)
"""What a line may carry beside its words (`extra`)."""
NOT_HTTP, QUIET_S = "Invalid HTTP request received.", 60.0
"""What uvicorn says of what anybody may send, and for how long once is enough."""
# BentoML's own handler of a worker's lines, ours and uvicorn's among them, stands at these under its name.
LOGGERS, HANDLER = ("", "bentoml", "uvicorn.error"), "tracehandler"
TEXT, MOMENT = "%(asctime)s [%(levelname)s] [%(name)s] %(message)s", "%Y-%m-%dT%H:%M:%S%z"
"""A line of text, as BentoML's are."""


def begin(form: str) -> None:
    """Write by `form`, the setting `log_format`: text or json. Where no BentoML has set up its handler nothing changes."""
    found = [each for name in LOGGERS for each in logging.getLogger(name).handlers if each.get_name() == HANDLER]
    for handler in found:
        if not any(isinstance(each, WithoutWords) for each in handler.filters):
            handler.addFilter(WithoutWords())
            handler.addFilter(NoFlood())
        if form == "json":
            handler.setFormatter(JsonLines())


def begin_alone(form: str) -> None:
    """The same to standard output in a process of ours that BentoML didn't begin."""
    logging.getLogger().addHandler(alone(form))
    begin(form)


def alone(form: str) -> logging.Handler:
    """Writes to standard output where BentoML has set up nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.set_name(HANDLER)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter(TEXT, MOMENT))
    return handler


class WithoutWords(logging.Filter):
    """Takes from a record what an exception said, and leaves its kind and where it happened."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass."""
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = "\n".join(places(record.exc_info[1]))
            record.exc_info = None
        return True


class NoFlood(logging.Filter):
    """Lets one line in QUIET_S pass of those that anybody can cause without a key, by bytes that are no HTTP."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock_s, self._quiet_s = clock_s, float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it may pass."""
        if record.msg != NOT_HTTP:
            return True
        now_s = self._clock_s()
        if passes := now_s >= self._quiet_s:
            self._quiet_s = now_s + QUIET_S
        return passes


def places(error: BaseException | None) -> list[str]:
    """The kinds of an exception and of what it came of, first cause last, each with its frames, innermost last."""
    found: list[str] = []
    while error is not None:
        found += [f"{type(error).__module__}.{type(error).__qualname__}", *_frames(error.__traceback__)]
        error = error.__cause__ or error.__context__
    return found


def _frames(trace: TracebackType | None) -> list[str]:
    # Paths tell where it is installed; the last two parts tell the module.
    return [
        f"  {os.sep.join(f.filename.split(os.sep)[-2:])}:{f.lineno} in {f.name}" for f in traceback.extract_tb(trace)
    ]


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, pid, message, what `extra` gave of FIELDS, and `exception` as a list of lines."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        told: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        # A record's own fields only: BentoML gives every record a request_id that is mostly None.
        told |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_text:
            told["exception"] = record.exc_text.splitlines()
        return json.dumps(told, ensure_ascii=False)
