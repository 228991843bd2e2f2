"""Traces as a collector gets them: from a request over HTTP in JSON, one span a request and one a stage."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from serving.otlp import HttpJson
from serving.stages import LAST, STAGES
from serving.traces import Traces, tracing

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
QUIET_CALLER = CALLER[:-1] + "0"


@pytest.fixture
def collector():
    """(URL, bodies, headers) of a server that takes what it is sent."""
    bodies, headers = [], []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            headers.append(dict(self.headers))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", bodies, headers
    server.shutdown()
    thread.join()
    server.server_close()


def spans(bodies):
    return [span for body in bodies for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]]


def traced(world, url, requests):
    with tracing(url) as traces:
        world.parts.traces, world.parts.metrics.stages.keep = traces, True
        for request in requests:
            request()
    world.parts.traces = None


def rank(world, **headers):
    return world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"}, headers=headers)


def test_a_request_is_a_span_and_its_stages_are_inside(world, collector):
    url, bodies, _ = collector
    traced(world, url, [lambda: rank(world, traceparent=CALLER, **{"X-Request-Id": "r-1"})])
    *parts, whole = spans(bodies)
    assert (whole["name"], whole["kind"], whole["status"]) == ("recommendations", 2, {"code": 0})
    assert (whole["traceId"], whole["parentSpanId"]) == (CALLER[3:35], CALLER[36:52])
    assert whole["attributes"] == [
        {"key": "http.response.status_code", "value": {"intValue": "200"}},
        {"key": "daypart.request_id", "value": {"stringValue": "r-1"}},
    ]
    assert sorted(part["name"] for part in parts) == sorted(STAGES)
    assert {part["parentSpanId"] for part in parts} == {whole["spanId"]}
    ends = [whole["startTimeUnixNano"], *(part["startTimeUnixNano"] for part in parts), whole["endTimeUnixNano"]]
    assert ends == sorted(ends)
    service = {"key": "service.name", "value": {"stringValue": "daypart"}}
    assert service in bodies[0]["resourceSpans"][0]["resource"]["attributes"]


def test_other_calls_have_no_stages_and_a_fault_is_marked(world, collector, monkeypatch):
    url, bodies, _ = collector
    world.desk.down = True
    wallet = lambda query="": world.ask("GET", f"/v1/users/planted-ann/offers{query}", "app")  # noqa: E731
    traced(world, url, [lambda: rank(world), lambda: wallet("?x=planted"), wallet])
    told = spans(bodies)
    assert [span["name"] for span in told].count("wallet") == 3  # the stage and the calls
    assert (told[-1]["name"], told[-1]["status"]) == ("wallet", {"code": 2})
    assert "planted" not in json.dumps(bodies)


def test_a_caller_that_samples_none_gets_none(world, collector):
    url, bodies, _ = collector
    traced(world, url, [lambda: rank(world, traceparent=QUIET_CALLER), lambda: rank(world, traceparent="nonsense")])
    assert [span["name"] for span in spans(bodies)].count("recommendations") == 1


def test_without_an_address_there_is_no_tracer():
    with tracing("") as traces:
        assert traces is None


def test_a_collectors_key_goes_with_every_batch(world, collector, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b")
    url, _, headers = collector
    traced(world, url, [lambda: rank(world)])
    assert {name.lower(): value for name, value in headers[0].items()}["x-key"] == "a b"


def test_a_collector_that_is_gone_costs_one_line(world, caplog):
    exporter = HttpJson("http://127.0.0.1:9/v1/traces")
    for _ in range(2):
        traces = Traces(exporter)
        traces.told("wallet", 200, 0.1, {"x-request-id": "r"})
        traces.close()
    assert [entry.message.split(":")[0] for entry in caplog.records if entry.name == "daypart.serving"] == [
        "traces are lost, their collector does not take them"
    ]


def test_a_request_does_not_take_over_the_stages_of_the_one_before(world, collector):
    """On one connection, in one task."""
    url, bodies, _ = collector

    def both():
        traces = world.parts.traces
        LAST.set((0.1, 0.2, 0.3, 0.0))
        for call in ("recommendations", "recommendations"):
            traces.told(call, 200, 1.0, {"x-request-id": "r"})

    traced(world, url, [both])
    assert [span["name"] for span in spans(bodies)].count("score") == 1
