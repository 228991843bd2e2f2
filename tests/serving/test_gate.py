import logging

import pytest

from embedded.filled import WHOLE, Filled
from serving.gate import CLOSED_S, LOOKED_S, OnlineGate
from serving.online_port import Past
from tests.models import checkerboard
from tests.serving.fakes import Clock, CountingOnline, known, stock


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
    assert gate.is_down
    online.down = False
    assert gate.user("u") is None, "what the probe learned closes the gate too"
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
    assert gate.pasts(["torn", "torn"]) == [None, None]
    assert [line for line in caplog.messages if "can't be read" in line] == [
        "users' features can't be read, run `daypart features`: torn"
    ]
    assert not gate.is_down


def test_whose_row_was_lost_with_the_store_is_known_by_what_was_remembered(setting):
    online, _, gate = setting
    ann = online.users["ann"] = known(checkerboard.history(0))
    gate.settled("ann", gate.pasts(["ann"])[0])
    assert gate.lost("ann") is None, "nothing is lost"
    online.users, online.filled = {}, Filled(False, False)
    assert gate.lost("ann") is ann.history
    assert gate.lost("bob") is None
    assert gate.settled("ann", gate.pasts(["ann"])[0]) == (Past(ann.history, ann.as_of), True)
    assert gate.settled("bob", gate.pasts(["bob"])[0]) == (None, False)
    online.filled = WHOLE
    assert gate.settled("bob", gate.pasts(["bob"])[0]).past is not None


def test_what_stands_is_looked_at_once_a_minute_whoever_asks(setting):
    online, clock, gate = setting
    for now_s, n_reads in ((LOOKED_S, 0), (LOOKED_S + 1, 1), (2 * LOOKED_S + 1, 1), (2 * LOOKED_S + 2, 2)):
        clock.now_s = now_s
        gate.look()
        assert online.n_reads == n_reads


@pytest.mark.parametrize("lost", [Filled(False, True), Filled(True, False)])
def test_a_store_that_was_down_or_emptied_is_looked_at_while_nobody_asks(setting, lost):
    online, _, gate = setting
    online.down = True
    assert gate.pasts(["ann"]) == [None]
    gate.look()
    assert gate.is_down
    online.down = False
    gate.look()
    assert not gate.is_down
    online.filled, n_reads = lost, online.n_reads
    gate.look()
    online.filled = WHOLE
    gate.look()
    assert online.n_reads == n_reads + 1, "one that is well is left alone"


def test_a_store_that_takes_long_is_timed_beside_the_requests_until_it_is_quick_again(setting, monkeypatch):
    online, clock, gate = setting
    read, takes_s = online.user, 0.035

    def slow(user_id):
        clock.now_s += takes_s
        return read(user_id)

    monkeypatch.setattr(online, "user", slow)
    gate.look()
    assert online.n_reads == 0, "nothing is known to be slow"
    for _ in range(30):
        gate.pasts(["ann"])
    assert gate.pace.needed_s > 0.1
    takes_s = 0.0
    for _ in range(30):
        gate.look()
    n_reads = online.n_reads
    assert gate.pace.needed_s < 0.01
    gate.look()
    assert online.n_reads == n_reads
