"""What Prometheus scrapes. Labels come from our own table of calls, never from a path: a path names people and never ends.

Several workers write to files in PROMETHEUS_MULTIPROC_DIR, which BentoML sets before it starts them; any worker answers for
all. Without it (tests, one process) a registry of its own holds the numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

PREFIX = "daypart_"
# Half of all answers should fall below the third bucket: the usual ones start where a good day ends.
BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self.requests = Counter("daypart_requests", "Answers by call and status.", ["call", "status"], registry=own)
        self.seconds = Histogram(
            "daypart_request_seconds", "Time from request to answer.", ["call"], buckets=BUCKETS, registry=own
        )
        self.fallbacks = Counter(
            "daypart_fallbacks", "Recommendations that used a fallback.", ["fallback"], registry=own
        )
        self.refusals = Counter("daypart_refusals", "Coupons refused, by reason.", ["reason"], registry=own)
        self.events = Counter("daypart_events", "Events by what became of them.", ["outcome"], registry=own)
        self.dropped = Gauge(
            "daypart_impressions_dropped", "Impressions not written.", registry=own, multiprocess_mode="sum"
        )
        # Steadiness: what degrades, and what is done about it.
        self.reloads = Counter(
            "daypart_reloads", "Models or tables that went into use without a restart.", registry=own
        )
        self.reload_failures = Counter(
            "daypart_reload_failures", "Tries to load what is current that failed; what serves goes on.", registry=own
        )
        self.degraded = Counter(
            "daypart_degraded", "Recommendations answered without a part that should have been asked.", registry=own
        )
        self.shed = Counter("daypart_shed", "Requests refused early, by reason.", ["reason"], registry=own)
        self.part_down = Gauge(
            "daypart_part_down", "1 while a part is worked around.", ["part"], registry=own, multiprocess_mode="livemax"
        )
        self.at_once = Gauge("daypart_at_once", "Requests being answered.", registry=own, multiprocess_mode="livesum")
        self.turn_delay = Gauge(
            "daypart_turn_delay_seconds",
            "How long a request waits for its turn.",
            registry=own,
            multiprocess_mode="livemax",
        )

    def answered(self, call: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(call, str(status)).inc()
        self.seconds.labels(call).observe(seconds)

    def exposition(self) -> bytes:
        """All workers' numbers in Prometheus' text format; libraries that count on their own are left out."""
        # Not the variable itself: importing Feast sets it too, long after the client has made its choice.
        if values.ValueClass is values.MutexValue:
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        everyone.register(_Ours(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        return generate_latest(everyone)


class _Ours(MultiProcessCollector):
    """The files of all workers, read for our own names."""

    def __init__(self, folder: str) -> None:
        super().__init__(None, folder)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        return [metric for metric in super().collect() if metric.name.startswith(PREFIX)]  # type: ignore[no-untyped-call]
