"""Traces on demand: a span a request and one a stage, sent to the collector that the setting `trace_url` names.

BentoML's own tracing is off, for speed. A span here is made when the answer is out, of numbers that the metrics measure anyway;
without `trace_url` there is no tracer and an answer costs one comparison. A caller's `traceparent` (W3C Trace Context) is
followed. Spans name the call, never a path, a query or a person.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.otlp import HttpJson
from serving.stages import LAST, STAGES

_ORDER = ("features", "wallet", "score", "encode")
"""As they follow each other in a request."""


class Traces:
    """A tracer of this process's own. Sampling is the library's: OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "daypart"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("daypart")
        self._parents = TraceContextTextMapPropagator()

    def told(self, call: str, status: int, seconds: float, headers: Mapping[str, str]) -> None:
        """A request that was just answered. Its stages are laid end to end before its end; what they leave over is the door's."""
        end_ns = time.time_ns()
        attributes: dict[str, int | str] = {
            "http.response.status_code": status,
            "daypart.request_id": headers["x-request-id"],
        }
        span = self._tracer.start_span(
            call,
            self._parents.extract(dict(headers)),
            SpanKind.SERVER,
            attributes,
            start_time=end_ns - int(seconds * 1e9),
        )
        if span.is_recording():
            took = dict(zip(STAGES, LAST.get(), strict=False))
            inside, at_ns = set_span_in_context(span), end_ns - int(sum(took.values()) * 1e9)
            for stage in _ORDER if took else ():
                part = self._tracer.start_span(stage, inside, start_time=at_ns)
                at_ns += int(took[stage] * 1e9)
                part.end(at_ns)
            if status >= 500:
                span.set_status(StatusCode.ERROR)
        LAST.set(())
        span.end(end_ns)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


@contextmanager
def tracing(url: str) -> Iterator[Traces | None]:
    """The traces that a setting asks for, None for an empty one."""
    if not url:
        yield None
        return
    traces = Traces(HttpJson(url))
    try:
        yield traces
    finally:
        traces.close()
