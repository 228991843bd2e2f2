"""Two processes at one ledger: what each does is a function here, so that a spawned process finds it."""

from __future__ import annotations

import multiprocessing as mp
from collections.abc import Callable, Sequence
from typing import Any

from offers.database import LedgerBusy
from offers.desk import Desk
from offers.journal import Journal
from tests.offers.desk_world import AT, ask

N_RACERS = 2
PATIENCE_S = 60


def redeem_each(desk: Desk, racer: int, code: str) -> str:
    """Redeem one coupon for the racer's own order; the outcome's name."""
    return _name(desk.redeem(code, ask(order_id=f"order-{racer}"), f"{code}-{racer}", AT))


def hold_each(desk: Desk, racer: int, code: str) -> str:
    """Hold one coupon for the racer's own order."""
    return _name(desk.hold(code, ask(order_id=f"order-{racer}"), f"{code}-{racer}", AT))


def redeem_own(desk: Desk, racer: int, codes: Sequence[str]) -> str:
    """Redeem the racer's own coupon of a pair."""
    return _name(desk.redeem(codes[racer], ask(order_id=f"order-{racer}"), codes[racer], AT))


def redeem_same_key(desk: Desk, racer: int, code: str) -> str:
    """Both make the very same call."""
    return repr(dict(desk.redeem(code, ask(), f"key-{code}", AT).body))


def reverse_each(desk: Desk, racer: int, code: str) -> str:
    """Take the redemption of order o1 back, under a key of the racer's own."""
    return _name(desk.reverse(code, ask(), f"back-{code}-{racer}", AT))


def open_fresh(desk: Desk, racer: int, url: str) -> str:
    """Open a database that has no tables yet."""
    Journal(url).close()
    return "open"


def race(url: str, act: Callable[[Desk, int, Any], str], rounds: Sequence[Any]) -> list[list[str]]:
    """For each round, what every racer got. All racers of a round start together behind a barrier."""
    context = mp.get_context("spawn")
    barrier, answers = context.Barrier(N_RACERS), context.Queue()
    racers = [
        context.Process(target=_run, args=(url, act, list(rounds), racer, barrier, answers))
        for racer in range(N_RACERS)
    ]
    for process in racers:
        process.start()
    got = dict(answers.get(timeout=PATIENCE_S) for _ in racers)
    assert not [fault for fault in got.values() if isinstance(fault, str)], got
    for process in racers:
        process.join(PATIENCE_S)
    assert [process.exitcode for process in racers] == [0] * N_RACERS
    return [list(outcomes) for outcomes in zip(*(got[racer] for racer in range(N_RACERS)), strict=True)]


def _run(url: str, act: Any, rounds: list[Any], racer: int, barrier: Any, answers: Any) -> None:
    try:
        answers.put((racer, _outcomes(url, act, rounds, racer, barrier)))
    except Exception as error:
        barrier.abort()
        answers.put((racer, repr(error)))


def _outcomes(url: str, act: Any, rounds: list[Any], racer: int, barrier: Any) -> list[str]:
    desk = Desk(Journal(url))
    got = []
    for what in rounds:
        barrier.wait(PATIENCE_S)
        try:
            got.append(act(desk, racer, what))
        except LedgerBusy:
            got.append("busy")
    desk.journal.close()
    return got


def _name(answer: Any) -> str:
    return "done" if answer.ok else str(answer.body["reason"])
