"""Whatever a client sends: a plain refusal in the 400 family, quickly, and nothing of it kept. One row a trick."""

import asyncio
import gzip
import json
import zlib

import pytest

from serving.door import EVENTS_BODY, SMALL_BODY
from tests.suites.raw_http import call

PATH, EVENTS = "/v1/recommendations", "/v1/events"
JSON = {"Content-Type": "application/json"}
EVENT = {"event_type": "visit", "occurred_at": "2026-03-02T13:00:00Z", "store_id": "s0"}
OK = b'{"user_id": "u00"}'
# What follows is read as one line: name, path, headers, body, status, code.
REFUSED = [
    ("no type", PATH, {}, OK, 415, "unsupported_media_type"),
    ("a form", PATH, {"Content-Type": "application/x-www-form-urlencoded"}, b"user_id=u00", 415, "unsupported_media_type"),
    ("text", PATH, {"Content-Type": "text/plain"}, OK, 415, "unsupported_media_type"),
    ("nearly JSON", PATH, {"Content-Type": "application/jsonp"}, OK, 415, "unsupported_media_type"),
    ("a list of types", PATH, {"Content-Type": "application/json, text/html"}, OK, 415, "unsupported_media_type"),
    ("another charset", PATH, {"Content-Type": "application/json; charset=utf-16"}, OK.decode().encode("utf-16"), 415,
     "unsupported_media_type"),
    ("a boundary", PATH, {"Content-Type": "application/json; boundary=x"}, OK, 415, "unsupported_media_type"),
    ("gzip", PATH, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(OK), 415, "unsupported_encoding"),
    ("a gzip bomb", EVENTS, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b"[" * 10**7), 415, "unsupported_encoding"),
    ("deflate", PATH, {**JSON, "Content-Encoding": "deflate"}, zlib.compress(OK), 415, "unsupported_encoding"),
    ("twice encoded", PATH, {**JSON, "Content-Encoding": "identity, gzip"}, gzip.compress(OK), 415, "unsupported_encoding"),
    ("gzip that says nothing", PATH, JSON, gzip.compress(OK), 400, "malformed"),
    ("one byte too many", PATH, JSON, OK + b" " * (SMALL_BODY - len(OK) + 1), 413, "body_too_large"),
    ("one byte too many of events", EVENTS, JSON, b" " * (EVENTS_BODY + 1), 413, "body_too_large"),
    ("nothing", PATH, JSON, b"", 400, "malformed"),
    ("half", PATH, JSON, OK[:-1], 400, "malformed"),
    ("two texts", PATH, JSON, OK + OK, 400, "malformed"),
    ("a byte order mark", PATH, JSON, b"\xef\xbb\xbf" + OK, 400, "malformed"),
    ("UTF-16", PATH, JSON, OK.decode().encode("utf-16"), 400, "malformed"),
    ("bytes that are no UTF-8", PATH, JSON, b'{"user_id": "\xff\xfe"}', 400, "malformed"),
    ("an overlong form", PATH, JSON, b'{"user_id": "\xc0\xaf"}', 400, "malformed"),
    ("a surrogate in UTF-8", PATH, JSON, b'{"user_id": "\xed\xa0\x80"}', 400, "malformed"),
    ("half a surrogate pair", PATH, JSON, b'{"user_id": "\\ud800"}', 400, "malformed"),
    ("a NUL", PATH, JSON, b'{"user_id": "a\\u0000"}', 400, "malformed"),
    ("a line end in a string", PATH, JSON, b'{"user_id": "a\n"}', 400, "malformed"),
    ("a name twice", PATH, JSON, b'{"user_id": "u00", "user_id": "u01"}', 400, "repeated_member"),
    ("a name twice, once escaped", PATH, JSON, b'{"user_id": "u00", "user\\u005fid": "u01"}', 400, "repeated_member"),
    ("a name twice, deeper", PATH, JSON, b'{"user_id": "u", "context": {"store_id": "s0", "store_id": "s1"}}', 400,
     "repeated_member"),
    ("two lists of events", EVENTS, JSON, b'{"events": [], "events": []}', 400, "repeated_member"),
    ("an unknown name", PATH, JSON, b'{"user_id": "u00", "admin": true}', 400, "malformed"),
    ("__proto__", PATH, JSON, b'{"user_id": "u00", "__proto__": {"limit": 1}}', 400, "malformed"),
    ("an unknown name, deeper", PATH, JSON, b'{"user_id": "u00", "filter": {"sql": "1=1"}}', 400, "malformed"),
    ("NaN", PATH, JSON, b'{"user_id": "u", "filter": {"novelty": NaN}}', 400, "malformed"),
    ("Infinity", PATH, JSON, b'{"user_id": "u", "filter": {"novelty": Infinity}}', 400, "malformed"),
    ("-Infinity", PATH, JSON, b'{"user_id": "u", "filter": {"novelty": -Infinity}}', 400, "malformed"),
    ("NaN as text", PATH, JSON, b'{"user_id": "u", "filter": {"novelty": "NaN"}}', 400, "malformed"),
    ("1e999", PATH, JSON, b'{"user_id": "u", "filter": {"novelty": 1e999}}', 400, "malformed"),
    ("-1e999", PATH, JSON, b'{"user_id": "u", "filter": {"max_price_cents": -1e999}}', 400, "malformed"),
    ("2 ** 64", PATH, JSON, b'{"user_id": "u", "filter": {"max_price_cents": 18446744073709551616}}', 400, "malformed"),
    ("sixty thousand digits", PATH, JSON, b'{"user_id": "u", "limit": ' + b"9" * 60_000 + b"}", 400, "malformed"),
    ("a small number with a long tail", PATH, JSON, b'{"user_id": "u", "limit": 1.' + b"0" * 60_000 + b"1}", 400, "malformed"),
    ("1e1", PATH, JSON, b'{"user_id": "u", "limit": 1e1}', 400, "malformed"),
    ("-0", PATH, JSON, b'{"user_id": "u", "limit": -0}', 400, "malformed"),
    ("a number as text", PATH, JSON, b'{"user_id": "u", "limit": "5"}', 400, "malformed"),
    ("true as a number", PATH, JSON, b'{"user_id": "u", "limit": true}', 400, "malformed"),
    ("the year 0", PATH, JSON, b'{"user_id": "u", "context": {"local_time": "0000-01-01T00:00:00Z"}}', 400, "malformed"),
    ("the year 9999", PATH, JSON, b'{"user_id": "u", "context": {"local_time": "9999-12-31T23:59:59-23:59"}}', 400,
     "implausible_time"),
    ("the 30th of February", PATH, JSON, b'{"user_id": "u", "context": {"local_time": "2026-02-30T00:00:00Z"}}', 400,
     "malformed"),
    ("no offset", PATH, JSON, b'{"user_id": "u", "context": {"local_time": "2026-03-02T00:00:00"}}', 400, "malformed"),
    ("a list for an object", PATH, JSON, b"[" * 30_000 + b"]" * 30_000, 400, "malformed"),
    ("objects without end", PATH, JSON, b'{"context":' * 5_000, 400, "malformed"),
    ("lists within events", EVENTS, JSON, b'{"events": ' + b"[" * 900_000 + b"]" * 900_000 + b"}", 400, "malformed"),
    ("too many events", EVENTS, JSON, b'{"events": [' + b",".join([b"{}"] * 1001) + b"]}", 400, "malformed"),
    ("a key twice", PATH, [("Content-Type", "application/json"), ("Authorization", "Bearer dp_app_x")], OK, 400,
     "header_repeated"),
    ("two types", PATH, [("Content-Type", "application/json"), ("Content-Type", "text/html")], OK, 400, "header_repeated"),
    ("two lengths", PATH, [*JSON.items(), ("Content-Length", "18"), ("Content-Length", "1")], OK, 400, "header_repeated"),
    ("two request ids", PATH, [*JSON.items(), ("X-Request-Id", "a"), ("x-request-id", "b")], OK, 400, "header_repeated"),
    ("a long header", PATH, {**JSON, "X-Long": "x" * 17_000}, OK, 431, "headers_too_large"),
    ("many headers", PATH, {**JSON, **{f"X-{n}": "1" for n in range(100)}}, OK, 431, "headers_too_large"),
    ("a long query", PATH + "?" + "q" * 9000, JSON, OK, 414, "uri_too_long"),
]  # fmt: skip


def post(world, path, headers, body):
    pairs = headers.items() if isinstance(headers, dict) else headers
    told = [("Authorization", f"Bearer {world.secrets['app']}"), *pairs]
    return asyncio.run(call(world.front, "POST", path, told, body))


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "code"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_a_trick_is_refused_in_the_one_error_model(world, path, headers, body, status, code):
    answer = post(world, path, headers, body)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.body
    assert answer.json()["code"] == code
    # Neither is what was sent thrown back whole.
    assert len(answer.body) < 1500


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (JSON, OK + b" " * (SMALL_BODY - len(OK))),
        ({"Content-Type": 'Application/JSON; charset="UTF-8"'}, OK),
        ({**JSON, "Content-Encoding": "identity"}, OK),
        (JSON, '{"user_id": "\\ud83d\\ude00 日本"}'.encode()),
        (JSON, b'{"user_id": "u", "filter": {"novelty": 1e-300}}'),
    ],
)
def test_the_edges_of_what_is_good_pass(world, headers, body):
    assert post(world, PATH, headers, body).status == 200


BAD_EVENTS = {
    b'{"event_type": "visit", "event_type": "cart"}': "missing_field",
    json.dumps(EVENT).encode()[:-1] + b', "user_id": "a", "user_id": "b"}': "repeated_member",
    b"[" * 200 + b"]" * 200: "invalid_field",
    b'{"event_type": "visit", "occurred_at": NaN}': None,
    json.dumps({**EVENT, "quantity": 10**30}).encode(): "invalid_field",
    json.dumps({**EVENT, "unit_price_cents": 1.5}).encode(): "invalid_field",
    json.dumps({**EVENT, "role": "admin"}).encode(): "unknown_field",
    json.dumps({**EVENT, "user_id": "a\u202eb"}).encode(): "invalid_field",
    json.dumps({**EVENT, "user_id": "x" * 129}).encode(): "invalid_field",
    json.dumps({**EVENT, "occurred_at": "99999-01-01T00:00:00Z"}).encode(): "invalid_field",
    json.dumps({**EVENT, "occurred_at": "2026-03-02"}).encode(): "invalid_field",
}


@pytest.mark.parametrize(("event", "code"), BAD_EVENTS.items(), ids=range(len(BAD_EVENTS)))
def test_a_bad_event_spoils_no_good_one(world, event, code):
    good = json.dumps(EVENT).encode()
    answer = post(world, EVENTS, JSON, b'{"events": [' + event + b", " + good + b"]}")
    if code is None:
        # What no JSON reader takes is no list of events.
        assert (answer.status, answer.json()["code"]) == (400, "malformed")
        return
    assert answer.status == 202, answer.body
    assert answer.json()["accepted"] == 1
    (rejected,) = answer.json()["rejected"]
    assert (rejected["index"], rejected["code"]) == (0, code)


def test_a_call_that_takes_no_body_reads_none(world):
    answer = world.ask("GET", "/v1/users/u00/offers", "app", content=b"x" * 10**6, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200
