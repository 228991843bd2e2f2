import asyncio
import errno
import logging

import pytest

from embedded import OnlineStoreError
from offers.database import LedgerError
from people.secret import SecretFault
from serving.deadline import Within
from serving.problems import Problem
from serving.troubles import Troubles, of_ledger


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Problem(404, "unknown_offer", "no such"), 404, "unknown_offer"),
        (TimeoutError(), 503, "deadline"),
        (LedgerError("sqlite:///secret.db: gone"), 503, "ledger_unavailable"),
        (OnlineStoreError("redis://secret: gone"), 503, "online_store_unavailable"),
        (KeyError("secret"), 500, "internal"),
    ],
)
def test_every_exception_is_a_problem_that_gives_nothing_away(error, status, code):
    found = Troubles().problem(error, "r1", "events", 0.25)
    assert (found.status, found.code) == (status, code)
    assert "secret" not in found.detail
    assert (found.headers.get("Retry-After") == "1") == (status == 503)
    assert ("0.25 s" in found.detail) == (code == "deadline")


def test_a_part_that_is_away_is_a_line_at_each_end_for_each_call(caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Troubles()
    for call in ("events", "events", "wallet", "events"):
        found.problem(LedgerError("gone"), "r", call, 3.0)
        found.over("recommendations")
    found.over("events")
    found.over("events")
    assert [record.message for record in caplog.records] == [
        "events are refused for want of the ledger: gone",
        "wallet are refused for want of the ledger: gone",
        "events are answered again",
    ]


def late(work):
    """What a deadline makes of `work`, which doesn't end."""

    async def ask():
        with Within(0.01):
            await work()

    with pytest.raises(TimeoutError) as error:
        asyncio.run(ask())
    return error.value


async def waits():
    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("work", "within_s", "n_lines"),
    [(lambda: of_ledger(waits()), 3.0, 1), (lambda: of_ledger(waits()), 0.3, 0), (waits, 3.0, 0)],
)
def test_who_waited_for_the_ledger_until_their_time_was_over_says_so_in_the_log_once(work, within_s, n_lines, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Troubles()
    for _ in range(3):
        problem = found.problem(late(work), "r", "events", within_s)
        assert (problem.status, problem.code, problem.headers["Retry-After"]) == (503, "deadline", "1")
    found.over("events")
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "events are refused for want of the ledger",
        "events are answered again",
    ][: 2 * n_lines]


@pytest.mark.parametrize("error", [SecretFault("secret.key: cannot be read"), OSError(errno.ENOSPC, "No space left")])
def test_a_disk_that_is_full_is_a_no_that_says_ask_again(error, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Troubles()
    problems = [found.problem(error, "r", "user", 3.0) for _ in range(2)]
    assert {(one.status, one.code, one.headers["Retry-After"]) for one in problems} == {(503, "files_unreadable", "1")}
    assert len(caplog.records) == 1
    assert found.problem(OSError(errno.EINVAL, "odd"), "r", "user", 3.0).status == 500
