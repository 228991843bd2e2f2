"""Readiness: the parts are open and warm, the online store and the ledger have answered, and the process isn't leaving.

A part that fails later is worked around, so a process stays ready without it: a balancer that took out every process for the
online store's sake would turn short answers into none. What is away is in the log, in
`daypart_online_store_up` and in `daypart_ledger_up`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

import sqlalchemy as sa

from offers.database import LedgerError, transaction
from serving.parts import Parts
from serving.tables import EVENT_INBOX

log = logging.getLogger("daypart.serving")
# A probe every moment from every balancer must not become a load of its own.
REMEMBER_S = 1.0
# Less than any prober waits.
PATIENCE_S = 0.5
LOOK = sa.select(EVENT_INBOX.c.seq).limit(1)
PARTS = ("online store", "ledger")


class Health:
    """Answers `/readyz`; says in the log, once per change, which part is away."""

    def __init__(self, parts: Parts, leaving: Callable[[], bool] = lambda: False) -> None:
        # Not the parts: with them the first bundle would stay for as long as the process lives.
        self._pool, self._gate, self._engine, self._leaving = parts.pool, parts.gate, parts.engine, leaving
        self._asked_s = float("-inf")
        self._missing: tuple[str, ...] = ()
        self._was_whole = False

    async def ready(self) -> bool:
        """Whether to send requests here. Looks at the parts at most every `REMEMBER_S`."""
        if self._leaving():
            return False
        now_s = time.monotonic()
        if now_s - self._asked_s >= REMEMBER_S:
            missing = await self._look()
            if missing != self._missing:
                log.warning("every part answers" if not missing else f"not reachable: {', '.join(missing)}")
            self._asked_s, self._missing = now_s, missing
            self._was_whole |= not missing
        return self._was_whole

    async def _look(self) -> tuple[str, ...]:
        found = await asyncio.gather(*(self._answers(check) for check in (self._online, self._ledger)))
        return tuple(name for name, answers in zip(PARTS, found, strict=True) if not answers)

    async def _answers(self, check: Callable[[], bool]) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.get_running_loop().run_in_executor(self._pool, check)
        except TimeoutError:
            return False

    def _online(self) -> bool:
        return self._gate.answers()

    def _ledger(self) -> bool:
        try:
            with transaction(self._engine, write=False) as connection:
                # Of a table of ours: an empty file in the ledger's place would tell what `SELECT 1` is.
                connection.execute(LOOK)
        except LedgerError:
            return False
        return True
