"""Group commit: who comes while one works is done together, each gets their own result, and a fault stays whose it is."""

import pytest

from offers.answers import Answer, KeyInFlight, KeyReused
from offers.database import LedgerError
from offers.group import MOST, Group
from tests.offers.group_world import WAIT_S, Worker, act, together, wait_until_waiting


def test_one_alone_waits_for_nobody():
    worker = Worker()
    assert Group(worker).do(act("a")).body == {"code": "a"}
    assert worker.groups == [["a"]]


def test_who_comes_meanwhile_is_done_together_each_with_their_own_answer():
    worker = Worker(hold=True)
    group = Group(worker)
    first, found = together(group, [act("first")])
    assert worker.began.wait(WAIT_S)
    rest, others = together(group, [act(f"r{n}") for n in range(MOST + 10)])
    wait_until_waiting(group, MOST + 10)
    worker.let_go.set()
    for thread in first + rest:
        thread.join(WAIT_S)
    assert {**found, **others} == {code: Answer(True, {"code": code}) for group in worker.groups for code in group}
    assert [len(codes) for codes in worker.groups] == [1, MOST, 10]
    # Nobody is left at work: the next one leads.
    assert group.do(act("later")).ok


def test_a_key_that_is_being_worked_on_is_told():
    worker = Worker(hold=True)
    group = Group(worker)
    threads, found = together(group, [act("a", "k")])
    assert worker.began.wait(WAIT_S)
    with pytest.raises(KeyInFlight, match="'k'"):
        group.do(act("a", "k"))
    worker.let_go.set()
    for thread in threads:
        thread.join(WAIT_S)
    assert found["a"].ok
    assert group.do(act("a", "k")).ok


def test_results_that_are_exceptions_are_raised_to_their_own():
    def work(acts):
        return [KeyReused("used") if one.code == "b" else Answer(True, {}) for one in acts]

    group = Group(work)
    assert group.do(act("a", "1")).ok
    with pytest.raises(KeyReused):
        group.do(act("b", "2"))


def test_a_ledger_that_is_down_is_down_for_all_and_then_works_again():
    down = [True]

    def work(acts):
        if down[0]:
            raise LedgerError("the lights went out")
        return [Answer(True, {}) for _ in acts]

    group = Group(work)
    for _ in range(2):
        with pytest.raises(LedgerError, match="lights"):
            group.do(act("a", "k"))
    down[0] = False
    assert group.do(act("a", "k")).ok


def test_an_act_nobody_foresaw_takes_no_neighbour_down():
    worker = Worker(hold=True)

    def work(acts):
        done = worker(acts)
        if any(one.code == "poison" for one in acts):
            raise OverflowError("too far")
        return done

    group = Group(work)
    first, found = together(group, [act("first")])
    assert worker.began.wait(WAIT_S)
    rest, others = together(group, [act("a"), act("poison"), act("b")])
    wait_until_waiting(group, 3)
    worker.let_go.set()
    for thread in first + rest:
        thread.join(WAIT_S)
    assert found["first"].ok
    assert others["a"].ok
    assert others["b"].ok
    assert isinstance(others["poison"], OverflowError)


def test_a_group_whose_leader_is_interrupted_leaves_nobody_waiting():
    def work(acts):
        raise KeyboardInterrupt

    group = Group(work)
    with pytest.raises(KeyboardInterrupt):
        group.do(act("a", "k"))
    assert group._busy is False
    assert group._keys == set()
