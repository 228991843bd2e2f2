"""Group commit for event loops: coroutines and threads meet in one group, and nobody who leaves keeps another waiting."""

import asyncio
import threading

import pytest

from offers.answers import Answer, KeyInFlight, KeyReused
from offers.database import LedgerError
from offers.group import MOST, Group
from tests.offers.group_world import WAIT_S, Worker, act, together, wait_until_waiting


class Loop:
    """An event loop in a thread of its own, as each process of the service has one; `begin` is called on it."""

    def __init__(self, group):
        self.group = group
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def ask(self, acts):
        """Everything at once, as coroutines that are ready in one turn of the loop; results and exceptions in order."""

        async def one(act):
            return await self.group.begin(act)

        async def everyone():
            return await asyncio.gather(*map(one, acts), return_exceptions=True)

        return asyncio.run_coroutine_threadsafe(everyone(), self.loop)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(WAIT_S)
        self.loop.close()


@pytest.fixture
def looping():
    loops = []

    def looping(group):
        loops.append(Loop(group))
        return loops[-1]

    yield looping
    for loop in loops:
        if not loop.loop.is_closed():
            loop.close()


def test_coroutines_that_are_ready_together_are_one_group(looping):
    worker = Worker()
    names = [f"c{n}" for n in range(MOST + 1)]
    answers = looping(Group(worker)).ask([act(name) for name in names]).result(WAIT_S)
    assert [answer.body["code"] for answer in answers] == names
    assert worker.groups == [names[:MOST], names[MOST:]]


def test_threads_and_coroutines_meet_in_one_group_whoever_leads(looping):
    worker = Worker(hold=True)
    group = Group(worker)
    loop = looping(group)
    first = loop.ask([act("first")])
    assert worker.began.wait(WAIT_S)
    rest, others = together(group, [act("thread")])
    wait_until_waiting(group, 1)
    more = loop.ask([act("a"), act("b")])
    wait_until_waiting(group, 3)
    worker.let_go.set()
    for thread in rest:
        thread.join(WAIT_S)
    assert others["thread"].ok
    assert all(answer.ok for answer in first.result(WAIT_S) + more.result(WAIT_S))
    assert worker.groups == [["first"], ["thread", "a", "b"]]


def test_a_thread_hands_on_to_coroutines_that_came_meanwhile(looping):
    worker = Worker(hold=True)
    group = Group(worker)
    first, found = together(group, [act("first")])
    assert worker.began.wait(WAIT_S)
    more = looping(group).ask([act("a")])
    wait_until_waiting(group, 1)
    worker.let_go.set()
    first[0].join(WAIT_S)
    assert found["first"].ok
    assert more.result(WAIT_S)[0].ok
    assert group.do(act("later")).ok


def test_each_coroutine_gets_its_own_exception_and_a_key_in_work_is_told_at_once(looping):
    def work(acts):
        return [KeyReused("used") if one.code == "b" else Answer(True, {}) for one in acts]

    loop = looping(Group(work))
    paid, reused, twice = loop.ask([act("a", "1"), act("b", "2"), act("c", "1")]).result(WAIT_S)
    assert paid.ok
    assert isinstance(reused, KeyReused)
    assert isinstance(twice, KeyInFlight)
    assert loop.ask([act("c", "1")]).result(WAIT_S)[0].ok


def test_a_ledger_that_is_down_is_down_for_coroutines_too(looping):
    def work(acts):
        raise LedgerError("the lights went out")

    group = Group(work)
    for _ in range(2):
        assert [str(one) for one in looping(group).ask([act("a", "k"), act("b")]).result(WAIT_S)] == [
            "the lights went out"
        ] * 2
    assert group._keys == set()


def test_a_caller_that_leaves_takes_nobody_along(looping):
    worker = Worker(hold=True)
    group = Group(worker)
    loop = looping(group)
    first = loop.ask([act("first", "k")])
    assert worker.began.wait(WAIT_S)
    leaving, staying = loop.ask([act("leaving")]), loop.ask([act("staying")])
    wait_until_waiting(group, 2)
    leaving.cancel()
    worker.let_go.set()
    assert first.result(WAIT_S)[0].ok
    assert staying.result(WAIT_S)[0].ok
    # What it asked is done all the same, as for a till that hangs up.
    assert worker.groups == [["first"], ["leaving", "staying"]]


def test_a_loop_that_is_gone_keeps_no_thread_waiting(looping):
    worker = Worker(hold=True)
    group = Group(worker)
    loop = looping(group)
    loop.ask([act("gone", "k")])
    assert worker.began.wait(WAIT_S)
    rest, found = together(group, [act("thread")])
    wait_until_waiting(group, 1)
    loop.loop.call_soon_threadsafe(loop.loop.stop)
    loop.thread.join(WAIT_S)
    loop.loop.close()
    worker.let_go.set()
    rest[0].join(WAIT_S)
    assert found["thread"].ok
    assert group._keys == set()
