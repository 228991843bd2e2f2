"""What an exception below the front comes to: a problem for whoever asked, and for the log a line where a trouble with a part
begins for a call and where it ends, not one a request."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable
from typing import TypeVar

from embedded import OnlineStoreError
from offers.database import LedgerError
from people.secret import SecretFault
from serving.episode import Episode
from serving.problems import Problem, unavailable

T = TypeVar("T")
log = logging.getLogger("daypart.serving")
LATE_S = 1.0
"""Who gives the ledger less has learned nothing of it when it is late."""
LEDGER = "the ledger"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
NO_LEDGER = ("ledger_unavailable", "the ledger does not answer; nothing is lost, ask again")
NO_FILE = ("files_unreadable", "a file can't be read or written; ask again")
NO_STORE = ("online_store_unavailable", "the online store does not answer")


class Troubles:
    """Those of one process. Raises nothing."""

    def __init__(self) -> None:
        self._episodes: dict[tuple[str, str], Episode] = {}

    def problem(self, error: Exception, request_id: str, call: str, within_s: float) -> Problem:
        """The answer for `error`, which `call` came to. within_s: the time it had."""
        if isinstance(error, Problem):
            return error
        if isinstance(error, TimeoutError):
            if within_s >= LATE_S and LEDGER in getattr(error.__cause__, "__notes__", ()):
                self._begin(LEDGER, f"no answer within {within_s:g} s, another writer may hold it", call)
            return unavailable("deadline", f"no answer within {within_s:g} s")
        if isinstance(error, LedgerError):
            return self._away(NO_LEDGER, LEDGER, error, call)
        if isinstance(error, OnlineStoreError):
            return self._away(NO_STORE, "the online store", error, call)
        if isinstance(error, SecretFault) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
            return self._away(NO_FILE, "a file", error, call)
        log.error("request %s (%s) failed", request_id, call, exc_info=error, extra={"request_id": request_id})
        return Problem(500, "internal", "an unexpected fault; the log has it under this request_id")

    def over(self, call: str) -> None:
        """The call was answered as asked, so whatever it lacked is back."""
        for (name, _), episode in self._episodes.items():
            if name == call:
                episode.end()

    def _away(self, says: tuple[str, str], part: str, error: Exception, call: str) -> Problem:
        self._begin(part, error, call)
        return unavailable(*says)

    def _begin(self, part: str, cause: object, call: str) -> None:
        episode = self._episodes.get((call, part))
        if episode is None:
            began, ended = f"{call} are refused for want of {part}", f"{call} are answered again"
            episode = self._episodes[call, part] = Episode(began, ended)
        episode.begin(cause)


async def of_ledger(told: Awaitable[T]) -> T:
    """What the ledger tells. Whose time ends meanwhile knows what they waited for."""
    try:
        return await told
    except asyncio.CancelledError as error:
        error.add_note(LEDGER)
        raise
