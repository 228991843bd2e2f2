import asyncio

import pytest

from serving.calls import CALLS
from serving.door import EVENTS_BODY, SMALL_BODY, check_json, checked_id, decode, fault_of, idempotency_key, read_body
from serving.problems import Problem
from serving.wire import RecommendationAsk
from serving.wire_events import EventsAsk

NO_BODY = {"type": "http.disconnect"}


def refused(work, *args):
    with pytest.raises(Problem) as caught:
        work(*args)
    return caught.value


def body_of(chunks, limit, headers=None):
    messages = [{"type": "http.request", "body": c, "more_body": True} for c in chunks[:-1]]
    messages += [{"type": "http.request", "body": chunks[-1]}] if chunks else []

    async def receive():
        return messages.pop(0) if messages else NO_BODY

    return asyncio.run(read_body(receive, headers or {}, limit))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"\xff", ""),
        (b'{"user_id": "a"} x', ""),
        (b'\xef\xbb\xbf{"user_id": "a"}', ""),
        (b'{"user_id": 3}', "/user_id"),
        (b'{"user_id": ""}', "/user_id"),
        (b'{"user_id": "' + b"a" * 129 + b'"}', "/user_id"),
        (b'{"user_id": "a\\n"}', "/user_id"),
        (b'{"user_id": "a\\u0000b"}', "/user_id"),
        (b'{"user_id": "a\\u0085b"}', "/user_id"),
        (b'{"user_id": "\\ud800"}', ""),
        (b'{"user_id": "\xff"}', ""),
        (b'{"limit": 0}', "/limit"),
        (b'{"limit": 101}', "/limit"),
        (b'{"limit": 1e400}', "/limit"),
        (b'{"limit": ' + b"9" * 4000 + b"}", "/limit"),
        (b'{"limit": 1.5}', "/limit"),
        (b'{"limit": true}', "/limit"),
        (b'{"limt": 5}', "/limt"),
        (b'{"context": {"cart": ["a", 7]}}', "/context/cart/1"),
        (b'{"context": {"local_time": "2026-03-02T08:00:00"}}', "/context/local_time"),
        (b'{"context": {"locale": "zh\\n"}}', "/context/locale"),
        (b'{"filter": {"novelty": 1.01}}', "/filter/novelty"),
        (b'{"filter": {"novelty": NaN}}', ""),
        (b'{"filter": {"include": [' + b",".join([b'"a"'] * 1001) + b"]}}", "/filter/include"),
        (b'{"a~/b": 1}', "/a~0~1b"),
    ],
)
def test_a_bad_body_is_a_400_that_points_at_the_fault(body, pointer):
    problem = refused(decode, body, RecommendationAsk)
    assert (problem.status, problem.errors[0].pointer) == (400, pointer)


def test_a_body_nested_without_end_is_a_400():
    assert refused(decode, b'{"events": ' + b"[" * 100_000, EventsAsk).status == 400
    assert fault_of(RecursionError()).detail == "the body is nested too deeply"


def test_a_long_name_is_not_thrown_back_whole():
    problem = refused(decode, b'{"' + b"n" * 5000 + b'": 1}', RecommendationAsk)
    assert len(problem.errors[0].pointer) < 100
    assert len(problem.errors[0].detail) <= 200


def test_the_edges_of_good_bodies_pass():
    ask = decode(
        b'{"user_id": "' + b"\xc3\xa9" * 128 + b'", "limit": 100, "filter": {"novelty": 0}}', RecommendationAsk
    )
    assert (len(ask.user_id), ask.limit, ask.filter.novelty) == (128, 100, 0.0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_only_plain_json_is_read(headers):
    assert refused(check_json, headers).status == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_may_say_its_charset(kind):
    check_json({"content-type": kind})


def test_a_body_may_be_as_large_as_the_limit_and_no_larger():
    assert body_of([b"abc", b"de"], 5) == b"abcde"
    for chunks, headers in (([b"abc", b"def"], {}), ([b""], {"content-length": "6"})):
        with pytest.raises(Problem) as caught:
            body_of(chunks, 5, headers)
        assert caught.value.status == 413
        # What is left of the body would be read as the next request.
        assert caught.value.headers == {"Connection": "close"}


def test_a_client_that_leaves_is_not_answered():
    with pytest.raises(ConnectionError):
        body_of([], 5)


def test_ids_of_paths_are_bounded():
    assert checked_id("card:12/3", "user_id") == "card:12/3"
    for bad in ("", "a\x00", "a" * 129, "a\n"):
        assert refused(checked_id, bad, "user_id").status == 400


def test_the_idempotency_key_is_asked_for_by_name():
    assert idempotency_key({"idempotency-key": "k1"}) == "k1"
    assert refused(idempotency_key, {}).code == "idempotency_key_missing"
    for bad in ("k" * 129, "a b", "k\n", "é", "\x7f"):
        assert refused(idempotency_key, {"idempotency-key": bad}).errors[0].pointer == "header/Idempotency-Key"


def test_bodies_are_bounded_as_the_page_says():
    """docs/security.md: 64 KiB, of events and settlements 2 MiB."""
    assert (SMALL_BODY, EVENTS_BODY) == (64 << 10, 2 << 20)
    assert {call.max_body for call in CALLS if call.body is not None} == {SMALL_BODY, EVENTS_BODY}
    assert {call.name for call in CALLS if call.max_body == EVENTS_BODY} == {"events", "store_settle"}
