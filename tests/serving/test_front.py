"""The front as a whole: one error model, whatever comes."""

import asyncio
import json
import logging

import pytest

from serving import front as front_module
from serving.calls import CALLS
from serving.front import Front

OK = {"user_id": "u00"}
PATH = "/v1/recommendations"


def assert_problem(answer, status, code):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, "about:blank")
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_the_request_id_is_echoed_when_it_is_one(world):
    for wished in ("r-1", "A" * 128, "trace:00/1+2="):
        assert (
            world.ask("POST", PATH, "app", json=OK, headers={"X-Request-Id": wished}).headers["x-request-id"] == wished
        )
    for bad in ("", "a b", "A" * 129, "<script>", "é"):
        header = {"X-Request-Id": bad.encode("latin-1")}
        made = world.ask("POST", PATH, "app", json=OK, headers=header).headers["x-request-id"]
        assert len(made) == 32


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v2/recommendations", "/v1/recommendations/", "/docs", "/%00"])
def test_unknown_paths_are_problems(world, path):
    assert_problem(world.ask("GET", path, "app"), 404, "unknown_path")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_method_names_the_right_ones(world, method):
    answer = world.ask(method, PATH, "app")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    assert_problem(world.ask("POST", "/livez"), 405, "method_not_allowed")


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_every_call_asks_for_its_scope(world, call):
    path = call.path.replace("{offer_id}", "o").replace("{code}", "c").replace("{campaign_id}", "usual")
    path = path.replace("{user_id:path}", "u00")
    answer = world.ask(call.method, path)
    assert_problem(answer, 401, "key_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    for scope in {"app", "pos", "scheduler", "analyst", "admin"} - set(call.scopes):
        assert_problem(world.ask(call.method, path, scope), 403, "scope_missing")
    for scope in call.scopes:
        assert world.ask(call.method, path, scope).status_code not in (401, 403)


def test_a_body_must_be_json_and_small(world):
    assert_problem(world.ask("POST", PATH, "app", content=b"{}"), 415, "unsupported_media_type")
    json_kind = {"Content-Type": "application/json"}
    assert_problem(world.ask("POST", PATH, "app", content=b"{", headers=json_kind), 400, "malformed")
    assert_problem(world.ask("POST", PATH, "app", json={"user_id": "x" * 70_000}), 413, "body_too_large")
    event = {"event_type": "visit", "occurred_at": "2026-03-02T13:00:00Z", "store_id": "s" * 100}
    assert world.ask("POST", "/v1/events", "app", json={"events": [event] * 1000}).status_code == 202
    assert_problem(world.ask("POST", "/v1/events", "app", json={"events": ["x" * 3_000_000]}), 413, "body_too_large")


def test_a_malformed_body_points_at_its_fault(world):
    body = assert_problem(world.ask("POST", PATH, "app", json={**OK, "filter": {"novelty": 2}}), 400, "malformed")
    assert body["errors"] == [{"pointer": "/filter/novelty", "detail": "Expected `float` <= 1.0"}]


def test_before_the_parts_are_open_the_answer_is_503():
    async def ask():
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"{}"}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
        await Front(CALLS, "1")(scope, receive, send)
        return sent

    start, body = asyncio.run(ask())
    assert start["status"] == 503
    assert (b"retry-after", b"1") in start["headers"]
    assert json.loads(body["body"])["code"] == "starting"


def test_an_unforeseen_fault_is_a_500_that_tells_nothing(world, caplog):
    def broken(*args):
        raise RuntimeError("secret of the house")

    world.parts.shelves.of = broken
    caplog.set_level(logging.ERROR, "daypart.serving")
    answer = world.ask("POST", PATH, "app", json=OK, headers={"X-Request-Id": "r9"})
    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "r9" in caplog.text
    assert "secret of the house" in caplog.text


def test_no_answer_is_kept_or_taken_for_something_else(world):
    for path in ("/v1/users/u00/offers", "/nowhere", "/v1/openapi.json"):
        headers = world.ask("GET", path, "app").headers
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_a_body_that_trickles_in_is_given_up(world, monkeypatch):
    monkeypatch.setattr(front_module, "DEADLINE_S", 0.05)
    sent, n_read = [], 0

    async def receive():
        nonlocal n_read
        n_read += 1
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(message):
        sent.append(message)

    told = {b"authorization": f"Bearer {world.secrets['app']}".encode(), b"content-type": b"application/json"}
    scope = {"type": "http", "method": "POST", "path": PATH, "headers": list(told.items()), "query_string": b""}
    asyncio.run(world.front(scope, receive, send))
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"])["code"] == "deadline"
    assert n_read < 10


def test_a_late_answer_is_a_503(world, monkeypatch):
    monkeypatch.setattr(front_module, "DEADLINE_S", 0.05)
    world.desk.slow_s = 0.2
    answer = world.ask("GET", "/v1/users/u00/offers", "app")
    assert_problem(answer, 503, "deadline")
    assert answer.headers["retry-after"] == "1"


def test_more_at_once_than_we_can_carry_is_a_429(world, monkeypatch):
    monkeypatch.setattr(world.front.load, "limit", 0)
    answer = world.ask("POST", PATH, "app", json=OK)
    assert_problem(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "1"


def test_a_ledger_that_is_down_is_a_503_without_its_address(world):
    world.desk.down = True
    answer = world.ask("GET", "/v1/users/u00/offers", "app")
    assert_problem(answer, 503, "ledger_unavailable")
    assert "sqlite" not in answer.text


def test_ids_in_paths_may_hold_slashes_but_no_control_characters(world):
    assert world.ask("GET", "/v1/users/ann%2F3/offers", "app").json()["user_id"] == "ann/3"
    assert_problem(world.ask("GET", "/v1/users/a%00b/offers", "app"), 400, "malformed")
    assert_problem(world.ask("GET", "/v1/users//offers", "app"), 400, "malformed")
    assert_problem(world.ask("GET", f"/v1/users/{'a' * 129}/offers", "app"), 400, "malformed")


def test_metrics_and_openapi_need_no_key(world):
    world.rank()
    answer = world.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'daypart_requests_total{call="recommendations",status="200"} 1.0' in answer.text
    assert world.ask("GET", "/v1/openapi.json").json()["openapi"] == "3.1.0"
    assert world.ask("HEAD", "/v1/openapi.json").status_code == 200


def test_metrics_name_calls_and_never_people(world):
    world.ask("GET", "/v1/users/ann/offers", "app")
    world.ask("GET", "/nowhere/ann")
    text = world.ask("GET", "/metrics").text
    assert "ann" not in text
    assert 'call="wallet"' in text
    assert 'call="none",status="404"' in text


def test_sockets_other_than_http_are_closed(world):
    async def connect():
        sent = []

        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message)

        await world.front({"type": "websocket"}, receive, send)
        return sent

    assert asyncio.run(connect()) == [{"type": "websocket.close", "code": 1008}]


def test_a_client_that_leaves_is_no_fault(world, caplog):
    async def leave():
        sent = []

        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [
            (b"authorization", f"Bearer {world.secrets['app']}".encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}
        await world.front(scope, receive, send)
        return sent

    assert asyncio.run(leave()) == []
    assert caplog.text == ""


def asked_of(world, send):
    """A question that needs no key, answered by way of `send`."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/v1/openapi.json", "raw_path": b"/v1/openapi.json",
        "query_string": b"", "headers": [],
    }  # fmt: skip

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    return world.front(scope, receive, send)


def test_an_answer_that_its_client_does_not_read_is_no_work(world):
    """Or some hundred such clients, who need no key, have everybody else refused."""

    async def many():
        read = asyncio.Event()

        async def send(message):
            sent.append(message["type"])
            await read.wait()

        sent = []
        tasks = [asyncio.create_task(asked_of(world, send)) for _ in range(5)]
        while len(sent) < 5:
            await asyncio.sleep(0)
        n_meanwhile = world.front.load.n
        read.set()
        await asyncio.gather(*tasks)
        return n_meanwhile, world.front.load.n

    assert asyncio.run(many()) == (0, 0)


@pytest.mark.parametrize("error", [ConnectionResetError(), RuntimeError("the handler is closed")])
def test_a_connection_that_is_closed_before_its_answer_is_no_fault(world, caplog, error):
    async def send(message):
        raise error

    asyncio.run(asked_of(world, send))
    assert (caplog.messages, world.front.load.n) == ([], 0)
