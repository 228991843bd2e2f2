import asyncio

import pytest

from serving.asked import Asked
from serving.deadline import ANSWER_S, budget_s
from serving.problems import Problem
from tests.serving.fakes import NOW


@pytest.mark.parametrize(
    ("told", "seconds"), [(None, 3.0), ("1", 0.001), ("250", 0.25), ("3000", 3.0), ("3001", 3.0), ("999999999", 3.0)]
)
def test_a_deadline_is_milliseconds_and_never_more_than_ours(told, seconds):
    assert budget_s({} if told is None else {"x-deadline-ms": told}, 3.0) == seconds


@pytest.mark.parametrize("told", ["", "0", "-1", "1.5", "1e3", "٣", " 5", "1000000000", "soon"])
def test_anything_else_is_refused(told):
    with pytest.raises(Problem) as found:
        budget_s({"x-deadline-ms": told}, 3.0)
    assert (found.value.status, found.value.code) == (400, "bad_deadline")


def test_over_http_a_late_answer_says_how_late_it_would_have_been(world):
    world.desk.slow_s = 0.3
    answer = world.ask("GET", "/v1/users/u00/offers", "app", headers={"X-Deadline-Ms": "60"})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "deadline", "1")
    assert "0.06 s" in answer.json()["detail"]
    odd = world.ask("GET", "/v1/users/u00/offers", "app", headers={"X-Deadline-Ms": "soon"})
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (400, "header/X-Deadline-Ms")


def test_patience_ends_before_the_deadline():
    async def left(until_s):
        loop = asyncio.get_running_loop()
        asked = Asked(None, None, {}, None, None, {}, "", NOW, loop.time() + until_s)
        return asked.patience_s(0.25)

    assert asyncio.run(left(10.0)) == 0.25
    assert 0.05 < asyncio.run(left(0.1)) <= 0.1 - ANSWER_S
    assert asyncio.run(left(ANSWER_S / 2)) < 0
