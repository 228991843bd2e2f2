"""Query strings: read by name, and nothing in them is passed over."""

from datetime import UTC, datetime

import pytest

from serving.problems import Problem
from serving.query import query_of, read_query
from serving.wire_offers import DueQuery


def refused(raw, kind):
    with pytest.raises(Problem) as caught:
        query_of(raw, kind)
    return caught.value


def test_a_query_is_read_by_name():
    query = read_query(b"from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00%2B08:00&limit=5&cursor=a%2Fb", DueQuery)
    assert (query.from_, query.limit, query.cursor) == (datetime(2026, 3, 2, tzinfo=UTC), 5, "a/b")


def test_a_plus_that_nobody_escaped_is_still_an_offset():
    query = read_query(b"from=2026-03-02T00:00:00+08:00&to=2026-03-03T00:00:00+08:00", DueQuery)
    assert query.from_.utcoffset().total_seconds() == 8 * 3600


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b"", "query/from"),
        (b"from=2026-03-02T00:00:00Z", "query/to"),
        (b"from=now&to=2026-03-03T00:00:00Z", "query/from"),
        (b"from=2026-03-02T00:00:00&to=2026-03-03T00:00:00Z", "query/from"),
        (b"from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&limit=0", "query/limit"),
        (b"from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&limit=x", "query/limit"),
        (b"from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&cursor=", "query/cursor"),
        (b"from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&page=2", "query/page"),
        (b"from=2026-03-02T00:00:00Z&from=2026-03-03T00:00:00Z", "query"),
        (b"from=%ff", "query"),
        (b"from=" + b"9" * 5000, "query"),
        (b"\xff", "query"),
    ],
)
def test_a_bad_query_is_a_400_that_names_the_parameter(raw, pointer):
    problem = refused(raw, DueQuery)
    assert (problem.status, problem.errors[0].pointer) == (400, pointer)


def test_a_call_that_takes_none_refuses_what_it_would_pass_over():
    assert query_of(b"", None) is None
    problem = refused(b"limit=5", None)
    assert (problem.status, problem.code, problem.errors[0].pointer) == (400, "malformed", "query/limit")
    assert refused(b"\xff", None).errors[0].pointer == "query"


@pytest.mark.parametrize(
    ("method", "path", "scope", "pointer"),
    [
        ("GET", "/v1/users/u00/offers?limit=5", "app", "query/limit"),
        ("GET", "/v1/users/u00?_=1700000000", "admin", "query/_"),
        ("GET", "/v1/links/queue?page=2", "admin", "query/page"),
        ("DELETE", "/v1/users/u00?force=1", "admin", "query/force"),
    ],
)
def test_over_http(world, method, path, scope, pointer):
    answer = world.ask(method, path, scope)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert world.ask("GET", "/v1/users/u00/offers?", "app").status_code == 200


def test_what_stands_beside_the_calls_may_be_asked_with_any(world):
    # Prometheus filters by `name[]`, caches are passed by a number.
    for path in ("/metrics?name[]=up", "/v1/openapi.json?1"):
        assert world.ask("GET", path).status_code == 200
