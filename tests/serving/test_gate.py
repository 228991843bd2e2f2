import logging

import pytest

from serving.gate import CLOSED_S, OnlineGate
from tests.serving.fakes import Clock, CountingOnline, stock


@pytest.fixture
def setting():
    online, clock = CountingOnline(stores={"s0": stock(("p00", 1, 1))}), Clock()
    return online, clock, OnlineGate(online, clock)


def test_reads_go_through(setting):
    online, _, gate = setting
    assert gate.user("nobody").history.n_visits == 0
    assert gate.store("s0") == (True, online.stores["s0"])
    assert gate.store("elsewhere") == (True, None)


def test_after_a_failure_nobody_waits_for_a_moment(setting):
    online, clock, gate = setting
    online.down = True
    assert gate.user("u") is None
    n_reads = online.n_reads
    assert (gate.user("u"), gate.store("s0")) == (None, (False, None))
    assert online.n_reads == n_reads
    clock.now_s = CLOSED_S
    assert gate.store("s0") == (False, None)
    assert online.n_reads == n_reads + 1


def test_it_opens_by_itself_and_an_episode_is_two_lines(setting, caplog):
    online, clock, gate = setting
    caplog.set_level(logging.WARNING, "daypart.serving")
    online.down = True
    for _ in range(5):
        gate.user("u")
        clock.now_s += CLOSED_S
    assert gate.is_down
    online.down = False
    assert gate.user("u") is not None
    assert not gate.is_down
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "online store down, recommendations fall back",
        "online store back",
    ]


def test_the_probe_asks_past_the_gate(setting):
    online, _, gate = setting
    online.down = True
    assert not gate.answers()
    online.down = False
    assert gate.answers()
    assert not gate.is_down


def test_a_row_that_cannot_be_read_is_as_good_as_none_and_closes_nothing(setting, monkeypatch):
    online, _, gate = setting

    def damaged(user_id):
        raise ValueError("history: a product appears twice")

    monkeypatch.setattr(online, "user", damaged)
    assert gate.user("u") is None
    assert gate.store("s0")[0]
    assert not gate.is_down


def test_one_row_of_several_that_cannot_be_read_is_none_alone(setting, monkeypatch, caplog):
    online, _, gate = setting
    monkeypatch.setattr(online, "pasts", lambda user_ids: [ValueError("torn") if u == "torn" else u for u in user_ids])
    assert gate.pasts(["ann", "torn", "bob"]) == ["ann", None, "bob"]
    assert "a user's features can't be read: torn" in caplog.text
    assert not gate.is_down
