import asyncio
import threading

import pytest

from offers.database import LedgerError
from serving.grouped import Grouped


@pytest.fixture
def grouped():
    made = []

    def make(work, most=3):
        made.append(Grouped(work, most))
        return made[-1]

    yield make
    for one in made:
        one.close()


def all_of(group, *items):
    async def ask():
        return await asyncio.gather(*(group.begin(item) for item in items), return_exceptions=True)

    return asyncio.run(ask())


def test_what_comes_in_one_turn_is_done_together_in_order_and_no_more_than_most(grouped):
    groups = []
    group = grouped(lambda items: groups.append(list(items)) or [item * 10 for item in items])
    assert all_of(group, 1, 2, 3, 4, 5) == [10, 20, 30, 40, 50]
    assert groups == [[1, 2, 3], [4, 5]]
    assert all_of(group, 6) == [60]


def test_what_comes_while_work_is_under_way_waits_and_goes_together(grouped):
    began, go, groups = threading.Event(), threading.Event(), []

    def work(items):
        groups.append(list(items))
        began.set()
        assert go.wait(10)
        return items

    group = grouped(work)

    async def ask():
        first = group.begin(1)
        assert await asyncio.get_running_loop().run_in_executor(None, began.wait, 10)
        others = [group.begin(n) for n in (2, 3)]
        go.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(ask()) == [1, 2, 3]
    assert groups == [[1], [2, 3]]


def test_a_ledger_that_is_down_is_everybodys_fault_and_is_asked_once(grouped):
    asked = []

    def work(items):
        asked.append(list(items))
        raise LedgerError("gone")

    assert [type(one) for one in all_of(grouped(work), 1, 2)] == [LedgerError] * 2
    assert asked == [[1, 2]]


def test_one_that_nobody_foresaw_takes_no_neighbour_down(grouped):
    def work(items):
        if 2 in items:
            raise RuntimeError("two")
        return items

    first, second, third = all_of(grouped(work), 1, 2, 3)
    assert (first, third) == (1, 3)
    assert isinstance(second, RuntimeError)


def test_a_caller_that_left_holds_up_nobody(grouped):
    go = threading.Event()
    group = grouped(lambda items: go.wait(10) and items)

    async def ask():
        left, stays = group.begin(1), group.begin(2)
        left.cancel()
        go.set()
        return await stays

    assert asyncio.run(ask()) == 2
