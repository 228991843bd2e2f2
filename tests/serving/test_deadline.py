import asyncio
from types import SimpleNamespace

import pytest

from serving.asked import Asked
from serving.deadline import ANSWER_S, Deadlines, Within, budget_s
from serving.problems import Problem
from tests.serving.fakes import NOW


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(None, 3.0), ("1", 0.001), ("250", 0.25), (" 250 \t", 0.25), ("3000", 3.0), ("3001", 3.0), ("999999999", 3.0)],
)
def test_a_deadline_is_milliseconds_and_never_more_than_ours(told, seconds):
    assert budget_s({} if told is None else {"x-deadline-ms": told}, 3.0) == seconds


@pytest.mark.parametrize("told", ["", "0", "-1", "1.5", "1e3", "٣", "2 5", "+5", "1000000000", "soon"])
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


def outcome(work):
    """What became of a task: its result, or the kind of exception."""

    async def run():
        (told,) = await asyncio.gather(asyncio.ensure_future(work()), return_exceptions=True)
        return type(told) if isinstance(told, BaseException) else told

    return asyncio.run(run())


def lined(seconds):
    """One of a line."""
    return Deadlines(seconds).within(seconds)


@pytest.mark.parametrize("within", [asyncio.timeout, Within, lined])
@pytest.mark.parametrize(
    ("name", "expected"),
    [("in time", "done"), ("late", TimeoutError), ("fails", KeyError), ("cancelled", asyncio.CancelledError)],
)
def test_within_is_asyncios_timeout(within, name, expected):
    async def inner():
        if name == "fails":
            raise KeyError
        if name == "cancelled":
            asyncio.current_task().cancel()
        await asyncio.sleep(5.0 if name == "late" else 0.0)
        return "done"

    async def work():
        if within is not asyncio.timeout:
            with within(0.01 if name == "late" else 5.0):
                return await inner()
        async with asyncio.timeout(0.01 if name == "late" else 5.0):
            return await inner()

    assert outcome(work) == expected


def test_one_that_is_late_and_leaves_as_well_leaves():
    async def work():
        with Within(0.0):
            asyncio.current_task().cancel()
            await asyncio.sleep(0.1)

    async def after():
        try:
            with Within(0.0):
                await asyncio.sleep(0.1)
        except TimeoutError:
            # Nothing is left of the cancelling: the task goes on.
            await asyncio.sleep(0)
            return asyncio.current_task().cancelling()

    assert outcome(work) is asyncio.CancelledError
    assert outcome(after) == 0


def test_one_who_caught_it_is_not_late():
    async def work():
        with Within(0.01) as limit:
            try:
                await asyncio.sleep(1.0)
            except asyncio.CancelledError:
                return limit.until_s <= asyncio.get_running_loop().time() + 0.005

    assert outcome(work) is True


class Alarms:
    """A loop's clock and timers, turned by hand; what is set is (when, what)."""

    def __init__(self):
        self.now_s, self.set = 0.0, []

    def time(self):
        return self.now_s

    def call_at(self, when_s, work):
        self.set.append((when_s, work))

    def turn_to(self, now_s):
        self.now_s = now_s
        due, self.set = [each for each in self.set if each[0] <= now_s], [each for each in self.set if each[0] > now_s]
        for _, work in due:
            work()


def test_a_line_has_one_timer_and_ends_each_in_time(monkeypatch):
    alarms, deadlines, late, entered = Alarms(), Deadlines(3.0), [], []

    def task(_):
        number = len(entered)
        return SimpleNamespace(cancelling=lambda: 0, cancel=lambda: late.append((alarms.now_s, number)))

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: alarms)
    monkeypatch.setattr(asyncio, "current_task", task)
    for start_s in (0.0, 1.0, 1.0, 2.0):
        alarms.turn_to(start_s)
        entered.append(deadlines.within(3.0).__enter__())
        assert len(alarms.set) == 1
    entered[0].__exit__(None, None, None)
    entered[2].__exit__(None, None, None)
    for now_s in (3.0, 3.9, 4.0, 5.0, 9.0):
        alarms.turn_to(now_s)
    assert late == [(4.0, 1), (5.0, 3)]
    # Nobody is left, so nothing is set until the next.
    assert alarms.set == []
    entered.append(deadlines.within(3.0).__enter__())
    assert [when_s for when_s, _ in alarms.set] == [12.0]


def test_who_has_other_seconds_has_a_timer_of_their_own():
    async def work():
        deadlines = Deadlines(5.0)
        with deadlines.within(5.0), pytest.raises(TimeoutError), deadlines.within(0.01):
            await asyncio.sleep(1.0)
        return "done"

    assert outcome(work) == "done"


def test_a_line_is_its_loops_own():
    deadlines = Deadlines(0.02)

    async def work():
        with deadlines.within(0.02):
            await asyncio.sleep(1.0)

    assert [outcome(work), outcome(work)] == [TimeoutError, TimeoutError]
