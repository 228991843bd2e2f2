"""What an exception below the front comes to: a problem for whoever asked, and for the log a line where a trouble with a part
begins for a call and where it ends, not one a request."""

from __future__ import annotations

import logging

from embedded import OnlineStoreError
from offers.database import LedgerError
from serving.episode import Episode
from serving.problems import Problem, unavailable

log = logging.getLogger("daypart.serving")
NO_LEDGER = ("ledger_unavailable", "the ledger does not answer; nothing is lost, ask again")
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
            return unavailable("deadline", f"no answer within {within_s:g} s")
        if isinstance(error, LedgerError):
            return self._away(NO_LEDGER, "the ledger", error, call)
        if isinstance(error, OnlineStoreError):
            return self._away(NO_STORE, "the online store", error, call)
        log.error("request %s (%s) failed", request_id, call, exc_info=error, extra={"request_id": request_id})
        return Problem(500, "internal", "an unexpected fault; the log has it under this request_id")

    def over(self, call: str) -> None:
        """The call was answered as asked, so whatever it lacked is back."""
        for (name, _), episode in self._episodes.items():
            if name == call:
                episode.end()

    def _away(self, says: tuple[str, str], part: str, error: Exception, call: str) -> Problem:
        episode = self._episodes.get((call, part))
        if episode is None:
            began, ended = f"{call} are refused for want of {part}", f"{call} are answered again"
            episode = self._episodes[call, part] = Episode(began, ended)
        episode.begin(error)
        return unavailable(*says)
