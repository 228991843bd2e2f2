import json
from http import HTTPStatus

from serving.problems import Fault, Problem, encode, malformed, not_found, unavailable


def test_a_problem_is_a_problem_details_object():
    problem = Problem(422, "expired", "over", [Fault("/a", "b")], extra={"text": {"en": "Too late"}})
    assert json.loads(encode(problem, "r1")) == {
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "code": "expired",
        "detail": "over",
        "request_id": "r1",
        "errors": [{"pointer": "/a", "detail": "b"}],
        "text": {"en": "Too late"},
    }


def test_a_long_detail_is_cut():
    assert len(json.loads(encode(Problem(400, "x", "y" * 5000), "r"))["detail"]) == 400


def test_what_may_pass_says_when_to_try_again():
    assert unavailable("c", "d").headers == {"Retry-After": "1"}
    assert unavailable("c", "d").status == 503


def test_the_shorthands_name_their_status():
    assert (malformed("d", "/p").status, malformed("d", "/p").errors) == (400, (Fault("/p", "d"),))
    assert malformed("d").errors == ()
    assert (not_found("unknown_user", "d").status, not_found("unknown_user", "d").code) == (404, "unknown_user")
