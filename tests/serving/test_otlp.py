import socket
import threading

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.otlp import HttpJson, encoded

WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ODD = {
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "nothing": b"",
    "no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "a line too long": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    "too many lines": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
    "refused": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    "sent elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n",
    "sent to a file": b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "sent nowhere": b"HTTP/1.1 302 Found\r\nLocation: http://h:port/\r\nContent-Length: 0\r\n\r\n",
}


@pytest.fixture
def collector():
    """(its address, a list whose one member is what it answers everything)."""
    answers = [WELL]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(1 << 20)
                    client.sendall(answers[0])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1/traces", answers
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def spans():
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    provider.get_tracer("t").start_span("one").end()
    return kept.get_finished_spans()


@pytest.mark.parametrize("odd", ODD)
def test_a_collector_that_answers_whatever_is_a_line_at_each_end(collector, caplog, odd):
    url, answers = collector
    exporter = HttpJson(url)
    for answer in (WELL, ODD[odd], ODD[odd], WELL, WELL, ODD[odd]):
        answers[0] = answer
        wanted = SpanExportResult.SUCCESS if answer is WELL else SpanExportResult.FAILURE
        assert exporter.export(spans()) is wanted
    assert [line.split(":")[0] for line in caplog.messages] == [
        "traces are lost, their collector does not take them",
        "traces are taken by their collector again",
        "traces are lost, their collector does not take them",
    ]
    assert "\n" not in "".join(caplog.messages)


def test_a_collectors_password_is_in_no_line(caplog):
    assert HttpJson("http://u:PASS@127.0.0.1/v1/traces").export(spans()) is SpanExportResult.FAILURE
    assert len(caplog.messages) == 1
    assert "PASS" not in caplog.text


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
