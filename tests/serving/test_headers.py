import asyncio
import json

import pytest

from serving.headers import MAX_HEADER_BYTES, MAX_HEADERS, MAX_TARGET_BYTES, ONCE, check_request, request_id_of
from serving.problems import Problem


def scope(headers=(), path="/v1/x", query=b""):
    return {"path": path, "query_string": query, "headers": list(headers)}


def refused(asked):
    with pytest.raises(Problem) as caught:
        check_request(asked)
    return caught.value.status, caught.value.code


def test_the_edges_pass():
    check_request(scope([(b"x%d" % n, b"") for n in range(MAX_HEADERS)]))
    check_request(scope([(b"x", b"v" * (MAX_HEADER_BYTES - 1))]))
    check_request(scope(path="/" * 100, query=b"q" * (MAX_TARGET_BYTES - 100)))
    check_request(scope([(b"transfer-encoding", b" Chunked\t")]))
    check_request(scope([(b"accept-language", b"en"), (b"accept-language", b"zh"), (b"via", b"a"), (b"via", b"b")]))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (scope([(b"x%d" % n, b"") for n in range(MAX_HEADERS + 1)]), (431, "headers_too_large")),
        (scope([(b"x", b"v" * MAX_HEADER_BYTES)]), (431, "headers_too_large")),
        (scope([(b"x", b"v" * 9000), (b"x", b"v" * 9000)]), (431, "headers_too_large")),
        (scope(path="/" * 100, query=b"q" * (MAX_TARGET_BYTES - 99)), (414, "uri_too_long")),
        *(
            (scope([(name, value), (name, value)]), (400, "header_repeated"))
            for name in sorted(ONCE)
            for value in ((b"chunked",) if name == b"transfer-encoding" else (b"a",))
        ),
        *(
            (scope([(b"transfer-encoding", value)]), (501, "unsupported_transfer_coding"))
            for value in (b"gzip, chunked", b"gzip", b"chunked, chunked", b"identity", b"xchunked", b"")
        ),
    ],
)
def test_what_is_too_much_or_says_two_things_is_refused(asked, answer):
    assert refused(asked) == answer


def test_a_wished_id_is_kept_when_a_log_can_hold_it():
    assert request_id_of({"x-request-id": "r-1"}) == "r-1"
    for bad in ("", "a b", "x" * 129, "a\n"):
        assert len(request_id_of({"x-request-id": bad})) == 32


def test_the_front_answers_them_as_problems(world):
    long = world.ask("GET", "/v1/users/" + "u" * 9000, "admin")
    assert (long.status_code, long.json()["code"]) == (414, "uri_too_long")
    many = world.ask("GET", "/v1/openapi.json", headers={f"x-{n}": "v" for n in range(101)})
    assert (many.status_code, many.json()["code"]) == (431, "headers_too_large")


def test_two_deadlines_are_no_deadline(world):
    """A header of ours, which no proxy adds; the two joined, as a proxy may, are no number either."""
    told = []

    async def send(message):
        told.append(message)

    scope = {"type": "http", "method": "GET", "path": "/v1/openapi.json", "query_string": b"", "headers": []}
    for values in ((b"50",), (b"50", b"900"), (b"50, 900",)):
        asyncio.run(world.front({**scope, "headers": [(b"x-deadline-ms", value) for value in values]}, None, send))
    starts = [message["status"] for message in told[::2]]
    twice, joined = (json.loads(message["body"]) for message in told[3::2])
    assert starts == [200, 400, 400]
    assert (twice["code"], joined["code"]) == ("header_repeated", "bad_deadline")
    assert twice["errors"] == [
        {"pointer": "header/x-deadline-ms", "detail": "header/x-deadline-ms: given twice; send it once"}
    ]
