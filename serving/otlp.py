"""Spans as OTLP over HTTP in JSON, by the standard library alone: the JSON Protobuf encoding of the OpenTelemetry protocol
(OTLP 1, section OTLP/HTTP), with ids in hexadecimal, 64-bit whole numbers as text and enums as numbers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.request import Request, urlopen

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.util.re import parse_env_headers

from serving.episode import Episode

PATIENCE_S = 2.0


class HttpJson(SpanExporter):
    """Posts batches to a collector. One that does not answer loses them, and is a line in the log at each end."""

    def __init__(self, url: str) -> None:
        told = parse_env_headers(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""), liberal=True)
        self._url, self._headers = url, {"Content-Type": "application/json", **told}
        self._lost = Episode(
            "traces are lost, their collector does not take them", "traces are taken by their collector again"
        )

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        request = Request(self._url, json.dumps(encoded(spans)).encode(), self._headers, method="POST")
        try:
            with urlopen(request, timeout=PATIENCE_S):
                pass
        except (OSError, HTTPException, ValueError) as error:
            # What isn't an error of the network quotes what was answered, or a password of the address.
            self._lost.begin(error if isinstance(error, OSError) else f"no HTTP there ({type(error).__name__})")
            return SpanExportResult.FAILURE
        self._lost.end()
        return SpanExportResult.SUCCESS


def encoded(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """The body of a request; all spans are of one process."""
    resource = {"attributes": _attributes(spans[0].resource.attributes)}
    scope = {"scope": {"name": "daypart"}, "spans": [_span(span) for span in spans]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span(span: ReadableSpan) -> dict[str, Any]:
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    told = {
        "traceId": f"{context.trace_id:032x}",
        "spanId": f"{context.span_id:016x}",
        "name": span.name,
        # The wire counts kinds from unspecified, the library from internal.
        "kind": span.kind.value + 1,
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes or {}),
        "status": {"code": span.status.status_code.value},
    }
    return told if parent is None else {**told, "parentSpanId": f"{parent.span_id:016x}"}


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}
