"""The page that Prometheus reads: what the workers counted, and what is read for it alone, from the ledger and the inbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from offers.database import LedgerError, transaction
from offers.status import Purse, purses
from serving.follower_sign import silent_s
from serving.impressions import finished
from serving.parts import Parts
from serving.tables import API_KEYS

# A scrape asks once a quarter of a minute; whoever asks more often is not let through to the ledger.
REMEMBER_S = 5.0
PATIENCE_S = 1.0
CENTS = ("granted", "spent", "held", "remaining")
_KEPT = API_KEYS.c.revoked_ms.is_(None) & API_KEYS.c.successor_id.is_(None)
_SCHEDULERS = sa.select(sa.func.count()).where((API_KEYS.c.scope == "scheduler") & _KEPT)


class Scrape:
    """Makes the page. A ledger that doesn't answer leaves its campaigns out and says `daypart_ledger_up 0`."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._until = float("-inf")
        self._read = Standing(None, 0, None)

    async def page(self, parts: Parts) -> bytes:
        """The page, made beside the event loop, as reading the workers' files takes milliseconds."""
        loop = asyncio.get_running_loop()
        parts.metrics.flush()
        if self._clock_s() >= self._until:
            self._until = self._clock_s() + REMEMBER_S
            try:
                async with asyncio.timeout(PATIENCE_S):
                    self._read = await loop.run_in_executor(parts.pool, standing, parts, parts.clock())
            except TimeoutError:
                self._read = Standing(None, self._read.n_files, self._read.follower_s)
        return await loop.run_in_executor(parts.pool, parts.metrics.exposition, self._read)


def standing(parts: Parts, now: datetime) -> Standing:
    """Read for one page. Blocking; raises nothing for a ledger that is down."""
    home = parts.settings.home
    n_files, follower_s = len(finished(home)), silent_s(home, now)
    try:
        with transaction(parts.engine, write=False) as connection:
            return Standing(purses(connection, now), n_files, follower_s, connection.execute(_SCHEDULERS).scalar_one())
    except LedgerError:
        return Standing(None, n_files, follower_s)


class Standing(Collector):
    """purses: None when the ledger doesn't answer; n_files: impression files that wait for `daypart features`;
    follower_s: seconds since the follower looked, None where there is none; n_schedulers: keys of push schedulers, run out or
    not, that were neither revoked nor replaced."""

    def __init__(
        self, purses: Sequence[Purse] | None, n_files: int, follower_s: float | None, n_schedulers: int = 0
    ) -> None:
        self.purses, self.n_files, self.follower_s, self.n_schedulers = purses, n_files, follower_s, n_schedulers

    def collect(self) -> Iterable[Metric]:
        """As gauges."""
        yield GaugeMetricFamily("daypart_ledger_up", "1 while the ledger answers.", float(self.purses is not None))
        yield GaugeMetricFamily("daypart_inbox_files", "Impression files that wait for features.", float(self.n_files))
        if self.follower_s is not None:
            yield GaugeMetricFamily("daypart_follower_silent_seconds", "Since the follower looked.", self.follower_s)
        if self.purses is not None:
            yield GaugeMetricFamily("daypart_scheduler_keys", "Keys of push schedulers.", float(self.n_schedulers))
        for name in CENTS:
            says = f"Cents of a campaign's budget: {name}."
            family = GaugeMetricFamily(f"daypart_campaign_{name}_cents", says, labels=["campaign"])
            for purse in self.purses or ():
                family.add_metric([purse.campaign_id], float(getattr(purse, f"{name}_cents")))
            yield family
        stopped = GaugeMetricFamily(
            "daypart_campaign_stopped", "1 for a campaign that was stopped.", labels=["campaign"]
        )
        for purse in self.purses or ():
            stopped.add_metric([purse.campaign_id], float(purse.stopped))
        yield stopped
