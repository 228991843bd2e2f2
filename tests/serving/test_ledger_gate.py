import asyncio
import logging

import pytest

from offers.database import LedgerError
from serving.ledger_gate import CLOSED_S, PATIENCE_S, LedgerAway, LedgerGate
from tests.serving.fakes import Clock


class Ledger:
    """Answers, fails or never answers; counts who asked."""

    def __init__(self):
        self.state, self.n_asked = "up", 0

    async def ask(self):
        self.n_asked += 1
        if self.state == "down":
            raise LedgerError("gone")
        if self.state == "silent":
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return "told"


@pytest.fixture
def setting():
    clock = Clock()
    return Ledger(), clock, LedgerGate(clock)


def ask(gate, ledger, patience_s=PATIENCE_S):
    async def one():
        try:
            return await gate.asked(ledger.ask, patience_s)
        except LedgerAway:
            return None

    return asyncio.run(one())


@pytest.mark.parametrize(("state", "cause"), [("down", "gone"), ("silent", "no answer within 0.25 s")])
def test_after_a_failure_nobody_asks_for_a_moment_and_then_one_does(setting, state, cause, caplog):
    ledger, clock, gate = setting
    caplog.set_level(logging.WARNING, "daypart.serving")
    assert ask(gate, ledger) == "told"
    ledger.state = state
    assert [ask(gate, ledger) for _ in range(3)] == [None] * 3
    assert (ledger.n_asked, gate.is_away) == (2, True)
    clock.now_s = CLOSED_S

    async def many():
        return await asyncio.gather(*(gate.asked(ledger.ask) for _ in range(5)), return_exceptions=True)

    assert all(isinstance(found, LedgerAway) for found in asyncio.run(many()))
    assert ledger.n_asked == 3
    ledger.state, clock.now_s = "up", 3 * CLOSED_S
    assert [ask(gate, ledger) for _ in range(3)] == ["told"] * 3
    assert not gate.is_away
    assert [r.message for r in caplog.records] == [
        f"ledger away, recommendations come without coupons: {cause}", "ledger back",
    ]  # fmt: skip


def test_who_has_no_time_does_not_ask_and_who_had_little_blames_nobody(setting):
    ledger, _, gate = setting
    assert ask(gate, ledger, 0.0) is None
    assert ledger.n_asked == 0
    ledger.state = "silent"
    assert ask(gate, ledger, 0.01) is None
    assert not gate.is_away
    ledger.state = "up"
    assert ask(gate, ledger) == "told"


def test_one_who_leaves_while_asking_does_not_close_it_for_good(setting):
    ledger, clock, gate = setting
    ledger.state = "down"
    ask(gate, ledger)
    ledger.state, clock.now_s = "silent", CLOSED_S

    async def leave():
        task = asyncio.ensure_future(gate.asked(ledger.ask))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    ledger.state, clock.now_s = "up", 2 * CLOSED_S
    assert ask(gate, ledger) == "told"


def test_one_that_makes_up_for_the_ledger_says_nothing_of_it(setting, caplog):
    ledger, clock, gate = setting
    caplog.set_level(logging.WARNING, "daypart.serving")
    ledger.state = "down"
    assert ask(gate, ledger) is None
    ledger.state = "up"
    for has_told, is_away in ((False, True), (True, False)):
        clock.now_s += CLOSED_S
        assert asyncio.run(gate.asked(ledger.ask, has_told=lambda told=has_told: told)) == "told"
        assert gate.is_away is is_away
    assert [record.getMessage().partition(":")[0].split(",")[0] for record in caplog.records] == [
        "ledger away",
        "ledger back",
    ]
