"""What Prometheus scrapes. Labels come from our own tables, never from a path: a path names people and never ends.

Several workers write to files in PROMETHEUS_MULTIPROC_DIR, which BentoML sets before it starts them; any worker answers for
all. Without it (tests, one process) a registry of its own holds the numbers. What is counted for each answer is counted in
`serving.tallies`. Every metric stands in docs/operations.md.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.registry import Collector

from offers.ledger import REASONS
from serving.mapped import share
from serving.stages import STAGES, Stages
from serving.tallies import Cell, Late, Tally, Times, Timing
from serving.workers import FOLDER, PREFIX, Workers

# Half of all answers should fall below the third bucket: the usual ones start where a good day ends.
_FAST = (0.0001, 0.00025, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005)
BUCKETS = (*_FAST, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
STAGE_BUCKETS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
HOUR = 3600.0
FALLBACKS = ("last_known", "cold_start", "popularity", "global_popularity")
_AT_THE_DOOR = ("too_many_requests", "rate_limited", "key_missing", "key_unknown", "too_many_keys")
WATCHED = (*_AT_THE_DOOR, "internal", "deadline", "ledger_unavailable", "online_store_unavailable")
AGE_BUCKETS = (1.0, 60.0, 600.0, HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 36 * HOUR, 48 * HOUR, 96 * HOUR, 168 * HOUR)
LAG_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Metrics:
    """Counters of one process. One thread, the event loop's, counts and flushes."""

    def __init__(self) -> None:
        share()
        self.registry = CollectorRegistry()
        self._kept: list[Tally | Timing] = []
        self._answered: dict[tuple[str, int], tuple[Cell, Times]] = {}
        self.requests = self._counter("requests", "Answers by call and status.", "call", "status")
        self.seconds = self._timing("request_seconds", "Time from request to answer.", BUCKETS, "call")
        of_stages = self._timing("stage_seconds", "Stages of a recommendation.", STAGE_BUCKETS, "stage")
        self.stages = Stages([of_stages.labels(stage) for stage in STAGES])
        self.feature_age = self._timing("feature_age_seconds", "Age of the features that ranked.", AGE_BUCKETS)
        self.loop_lag = self._timing("loop_lag_seconds", "How late the event loop came to its beat.", LAG_BUCKETS)
        self.fallbacks = self._counter("fallbacks", "Recommendations that used a fallback.", "fallback")
        self.problems = self._counter("problems", "Answers that were a problem, by its code.", "code")
        self.refusals = self._counter("refusals", "Coupons refused, by reason.", "reason")
        self.events = self._counter("events", "Events by what became of them.", "outcome")
        self.reloads = self._counter("reloads", "Versions taken into use without a restart, or not.", "outcome")
        self.dropped = self._counter("impressions_dropped", "Impressions not written.").labels()
        self.degraded = self._counter("degraded", "Recommendations that lacked a part they should have.").labels()
        self.ahead = self._counter("features_ahead", "Recommendations by features true later than now.").labels()
        self.starts = self._counter("worker_starts", "Workers that became ready.").labels()
        self._begin()
        self.workers = self._gauge("workers", "Workers that are ready.", "livesum")
        self.wanted = self._gauge("workers_wanted", "Workers that there should be.", "livemax")
        self.online_up = self._least("online_store_up", "1 while every worker finds the online store.")
        self.online_whole = self._least("online_store_whole", "1 while nothing is missing there.")
        self.features_through = self._gauge("features_through_seconds", "What features online tell until.", "livemax")
        self.trained_through = self._least("model_trained_through_seconds", "What the oldest model learned until.")
        self.resident = self._gauge("worker_resident_bytes", "Resident memory of the largest worker.", "livemax")
        self.versions = self._gauge("model_workers", "Workers that serve a version.", "livesum", "version")

    def _begin(self) -> None:
        """Rare counts begin at 0: one that appears with its first act shows no increase to an alert."""
        self.requests.labels("offers_due", "200")
        for tally, names in (
            (self.fallbacks, FALLBACKS),
            (self.problems, WATCHED),
            (self.refusals, REASONS),
            (self.events, ("accepted", "duplicates", "rejected", "clock_ahead")),
            (self.reloads, ("done", "refused")),
        ):
            for name in names:
                tally.labels(name)

    def answered(self, call: str, status: int, seconds: float) -> None:
        """Count one answer."""
        found = self._answered.get((call, status))
        if found is None:
            found = (self.requests.labels(call, str(status)), self.seconds.labels(call))
            self._answered[call, status] = found
        found[0].n += 1
        found[1].observe(seconds)

    def recommended(
        self, fallback: str | None, feature_age_s: float | None, degraded: bool, is_ahead: bool = False
    ) -> None:
        """Count what a recommendation rested on. is_ahead: features that were true later than now."""
        if is_ahead:
            self.ahead.inc()
        if degraded:
            self.degraded.inc()
        if fallback is not None:
            self.fallbacks.labels(fallback).inc()
        if feature_age_s is not None:
            self.feature_age.labels().observe(feature_age_s)

    def flush(self) -> None:
        """Put what was counted where every worker, and so the scrape, can read it."""
        for kept in self._kept:
            kept.flush()

    def exposition(self, *more: Collector) -> bytes:
        """All workers' numbers as of their last flush, and `more`; not the libraries' own. Of a folder that's gone, `more`."""
        everyone = CollectorRegistry()
        # Not the variable itself: importing Feast sets it too, long after the client has made its choice.
        if values.ValueClass is values.MutexValue:
            everyone.register(self.registry)
        elif os.path.isdir(folder := os.environ[FOLDER]):
            everyone.register(Workers(folder))
        for collector in more:
            everyone.register(collector)
        return generate_latest(everyone)

    def _counter(self, name: str, says: str, *labels: str) -> Tally:
        made = Tally(Counter(PREFIX + name, says, labels, registry=self.registry))
        self._kept.append(made)
        return made

    def _timing(self, name: str, says: str, bounds: Sequence[float], *labels: str) -> Timing:
        made = Timing(Histogram(PREFIX + name, says, labels, buckets=bounds, registry=self.registry), bounds)
        self._kept.append(made)
        return made

    def _gauge(self, name: str, says: str, mode: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, says, labels, registry=self.registry, multiprocess_mode=mode)  # type: ignore[arg-type]

    def _least(self, name: str, says: str) -> Late:
        return Late(partial(self._gauge, name, says, "livemin"))
