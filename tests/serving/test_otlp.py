from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.otlp import encoded


def test_values_are_told_by_their_kind():
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    span = provider.get_tracer("t").start_span("one", start_time=5, attributes={"a": True, "b": 7, "c": 0.5, "d": "x"})
    span.end(2**62)
    (told,) = encoded(kept.get_finished_spans())["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [next(iter(each["value"].items())) for each in told["attributes"]] == [
        ("boolValue", True), ("intValue", "7"), ("doubleValue", 0.5), ("stringValue", "x"),
    ]  # fmt: skip
    assert (told["startTimeUnixNano"], told["endTimeUnixNano"], told["kind"]) == ("5", str(2**62), 1)
    assert (len(told["traceId"]), len(told["spanId"]), "parentSpanId" in told) == (32, 16, False)
