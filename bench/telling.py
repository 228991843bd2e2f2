"""What telling of a recommendation costs it: metrics as the service counts them, against prometheus_client's own values shared by
workers, and a trace of it. In a process of its own, as the client chooses its values when it is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from bench.access import fastest_us
from bench.results import Row, row

ROUNDS, N = 9, 5000
THEIRS = "prometheus_client's own, shared by workers"
OURS = "metrics of one recommendation"


def rows(rounds: int = ROUNDS, n: int = N) -> list[Row]:
    """The figures, the fastest of the rounds each."""
    with TemporaryDirectory() as folder:
        env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
        run = subprocess.run(
            [sys.executable, "-m", "bench.telling", str(rounds), str(n)],
            env=env,
            check=True,
            capture_output=True,
            text=True,
        )
    return told(json.loads(run.stdout))


def told(found: dict[str, float]) -> list[Row]:
    """Rows of measured figures in µs, the client's own first."""
    theirs = found[THEIRS]
    rest = [(name, value) for name, value in found.items() if name != THEIRS]
    return [row(f"the same by {THEIRS}", theirs, "µs")] + [
        row(name, value, "µs", against="the client's own", against_value=theirs) for name, value in rest
    ]


def measure(rounds: int, n: int) -> dict[str, float]:
    """µs a call by figure; `n` calls a round."""
    from prometheus_client import CollectorRegistry, Counter, Histogram

    from serving.metrics import BUCKETS, STAGE_BUCKETS, Metrics
    from serving.stages import LAST, STAGES
    from serving.traces import Traces

    own, metrics, traces = CollectorRegistry(), Metrics(), Traces(Nowhere())
    count = Counter("peer_requests", "Peer.", ["call", "status"], registry=own)
    whole = Histogram("peer_seconds", "Peer.", ["call"], buckets=BUCKETS, registry=own)
    part = Histogram("peer_stage_seconds", "Peer.", ["stage"], buckets=STAGE_BUCKETS, registry=own)
    age = Histogram("peer_age_seconds", "Peer.", registry=own)

    def theirs() -> None:
        count.labels("recommendations", "200").inc()
        whole.labels("recommendations").observe(7e-4)
        for stage in STAGES:
            part.labels(stage).observe(1e-4)
        age.observe(40_000.0)

    def ours() -> None:
        metrics.answered("recommendations", 200, 7e-4)
        metrics.stages.observe(1e-4, 1e-4, 1e-4, 1e-4)
        metrics.recommended(None, 40_000.0, False)

    def traced() -> None:
        LAST.set((1e-4, 1e-4, 1e-4, 1e-4))
        traces.told("recommendations", 200, 7e-4, {"x-request-id": "r"})

    found = {THEIRS: fastest_us(theirs, rounds, n), OURS: fastest_us(ours, rounds, n)}
    ours()
    found["telling the shared values, four times a second"] = fastest_us(metrics.flush, rounds, max(1, n // 50))
    found["the page, once a scrape, beside the event loop"] = fastest_us(metrics.exposition, rounds, max(1, n // 500))
    found["a trace of one recommendation, where traces are asked for"] = fastest_us(traced, rounds, max(1, n // 50))
    traces.close()
    return found


class Nowhere(SpanExporter):
    """Takes every batch and sends none."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        return SpanExportResult.SUCCESS


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(*map(int, sys.argv[1:] or (ROUNDS, N)))))
