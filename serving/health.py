"""Readiness: the parts are open and warm, and the online store and the ledger answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from offers.database import LedgerError, transaction
from serving.parts import Parts

log = logging.getLogger("daypart.serving")
# A probe every moment from every balancer must not become a load of its own.
REMEMBER_S = 1.0
PATIENCE_S = 2.0


class Health:
    """Answers `/readyz`; says in the log, once per change, which part is missing."""

    def __init__(self, parts: Parts, leaving: Callable[[], bool] = lambda: False) -> None:
        self._parts, self._leaving = parts, leaving
        self._asked_s = float("-inf")
        self._missing: tuple[str, ...] = ()

    async def ready(self) -> bool:
        """Whether every part answers, as of at most `REMEMBER_S` ago, and the process isn't about to leave."""
        if self._leaving():
            return False
        now_s = time.monotonic()
        if now_s - self._asked_s >= REMEMBER_S:
            missing = await self._look()
            if missing != self._missing:
                log.warning("ready" if not missing else f"not ready: {', '.join(missing)} not reachable")
            self._asked_s, self._missing = now_s, missing
        return not self._missing

    async def _look(self) -> tuple[str, ...]:
        loop, pool = asyncio.get_running_loop(), self._parts.pool
        checks = {"online store": self._online, "ledger": self._ledger}
        missing = []
        for name, check in checks.items():
            try:
                async with asyncio.timeout(PATIENCE_S):
                    if not await loop.run_in_executor(pool, check):
                        missing.append(name)
            except TimeoutError:
                missing.append(name)
        return tuple(missing)

    def _online(self) -> bool:
        return self._parts.gate.answers()

    def _ledger(self) -> bool:
        try:
            with transaction(self._parts.engine, write=False) as connection:
                connection.exec_driver_sql("SELECT 1")
        except LedgerError:
            return False
        return True
