"""The gate before what a recommendation asks of the ledger: who is who, what they allow, their coupons. All of it can be done
without, so a ledger that failed or was late is left alone for a moment, and then asked by one request and not by all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from offers.database import LedgerError
from serving.episode import Episode

T = TypeVar("T")
PATIENCE_S = 0.25
"""How long an answer waits for the ledger at most; the request's own deadline may say less."""
CLOSED_S = 1.0


class LedgerAway(Exception):
    """The ledger failed, was late, or is left alone: answer without it."""


class LedgerGate:
    """One process's gate. `clock_s` is monotonic; the event loop's thread alone uses it."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._closed_until_s = float("-inf")
        self._away = Episode("ledger away, recommendations come without coupons", "ledger back")

    @property
    def is_away(self) -> bool:
        """Whether the last one who asked got no answer."""
        return self._away.is_on

    async def asked(
        self,
        begin: Callable[[], Awaitable[T]],
        patience_s: float = PATIENCE_S,
        has_told: Callable[[], bool] | None = None,
    ) -> T:
        """What `begin` comes to within `patience_s`. Raises LedgerAway.

        has_told: whether the ledger did answer, of a `begin` that makes up for one that doesn't: then nothing is learned of it.
        """
        now_s = self._clock_s()
        if now_s < self._closed_until_s or patience_s <= 0:
            raise LedgerAway
        if self.is_away:
            # One asks whether it is back; the others go on without.
            self._closed_until_s = now_s + CLOSED_S
        try:
            async with asyncio.timeout(patience_s):
                found = await begin()
        except TimeoutError:
            # Who had less time than the ledger may take has learned nothing of it.
            if patience_s >= PATIENCE_S:
                self._close(f"no answer within {PATIENCE_S:g} s")
            raise LedgerAway from None
        except LedgerError as error:
            self._close(str(error))
            raise LedgerAway from None
        if has_told is None or has_told():
            self._closed_until_s = float("-inf")
            self._away.end()
        return found

    def _close(self, cause: str) -> None:
        self._closed_until_s = self._clock_s() + CLOSED_S
        self._away.begin(cause)
