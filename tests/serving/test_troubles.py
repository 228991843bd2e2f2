import logging

import pytest

from embedded import OnlineStoreError
from offers.database import LedgerError
from serving.problems import Problem
from serving.troubles import Troubles


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
