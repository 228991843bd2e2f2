"""To whom coupons were issued that have not ended, as a serving process knows it: most people hold none and aren't asked about.

Coupons get ascending numbers in the transaction that issues them, under one row's lock, so what came since the last look are the
greater ones. Who holds a coupon is asked of the ledger itself; a look only spares the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from offers.database import LedgerError, transaction
from offers.tables import coupons
from serving.episode import Episode

FRESH_S = 0.5
"""A coupon issued shows in a slate no later than this."""
AGAIN_S = 1.0
"""How long a ledger that didn't answer is left alone."""
NEVER = datetime.min.replace(tzinfo=UTC)
MOST_SINCE = 10_000
"""Ids kept one by one, which take ten times the room; when there are more they join the others."""
ALL_ANEW = timedelta(hours=1)
"""After so long all are read again, and who holds none any more is spared again."""


class Holders:
    """The memory of one process: eight bytes a person. `clock` tells the day's time, `clock_s` is monotonic."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime], clock_s: Callable[[], float]) -> None:
        self._engine, self._clock, self._clock_s = engine, clock, clock_s
        self._before = np.empty(0, dtype=np.int64)
        self._since: set[int] = set()
        self._last, self._read_at = 0, NEVER
        self._looked_s, self._again_s, self._is_looking = -math.inf, -math.inf, False
        self._away = Episode("who holds coupons can't be asked", "who holds coupons is known again")

    def may_hold(self, names: Sequence[str]) -> bool:
        """Whether a person of these ids could hold one; True where nobody looked in the last FRESH_S."""
        if self._clock_s() - self._looked_s > FRESH_S:
            return True
        return any(self._holds(hash(name)) for name in names)

    def is_due(self) -> bool:
        """Whether somebody should look now. Says so to one caller at a time, who calls `look` then."""
        now_s = self._clock_s()
        if self._is_looking or now_s - self._looked_s < FRESH_S / 2 or now_s < self._again_s:
            return False
        self._is_looking = True
        return True

    def look(self) -> None:
        """Read what was issued since the last look. Blocking, raises nothing: without a look everybody may hold one."""
        try:
            began, now = self._clock_s(), self._clock()
            # By a clock that had gone ahead, what is open now had ended.
            if not timedelta(0) <= now - self._read_at <= ALL_ANEW:
                self._read_all(now)
            else:
                self._add(self._issued(coupons.c.seq > self._last))
            self._looked_s = began
            self._away.end()
        except LedgerError as error:
            self._again_s = self._clock_s() + AGAIN_S
            self._away.begin(error)
        finally:
            self._is_looking = False

    def _read_all(self, now: datetime) -> None:
        self._last = 0
        self._before, self._since = np.sort(self._issued(coupons.c.valid_until > now)), set()
        self._read_at = now

    def _add(self, found: np.ndarray) -> None:
        since = self._since | set(found.tolist()) if len(found) else self._since
        if len(since) > MOST_SINCE:
            # First there, then gone from here: somebody may ask meanwhile.
            self._before = np.union1d(self._before, np.fromiter(since, dtype=np.int64))
            since = set()
        self._since = since

    def _issued(self, which: sa.ColumnElement[bool]) -> np.ndarray:
        """int64[m]: hashes of the ids; notes the greatest number there is."""
        with transaction(self._engine, write=False) as connection:
            last = connection.execute(sa.select(sa.func.max(coupons.c.seq))).scalar() or 0
            rows = connection.execute(sa.select(coupons.c.user_id).where(which, coupons.c.user_id.is_not(None)))
            found = np.fromiter((hash(user_id) for user_id in rows.scalars()), dtype=np.int64)
        self._last = int(last)
        return found

    def _holds(self, key: int) -> bool:
        place = int(self._before.searchsorted(key))
        return key in self._since or (place < len(self._before) and int(self._before[place]) == key)
