import logging

import pytest

from embedded.filled import WHOLE, Filled
from serving.gate import CLOSED_S, OnlineGate
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


def test_a_look_reads_by_itself_unless_somebody_was_read_since_the_last(setting):
    online, _, gate = setting
    gate.look()
    gate.look()
    assert online.n_reads == 2, "nobody came"
    for who in (["ann"], ["bob", "cid"]):
        gate.pasts(who)
        n_reads = online.n_reads
        gate.look()
        assert online.n_reads == n_reads, "what they were told is news enough"
        gate.look()
        assert online.n_reads == n_reads + 1
    n_reads = online.n_reads
    for ask in (lambda: gate.pasts([]), lambda: gate.portrait("ann"), lambda: gate.store("s0")):
        ask()
    n_reads = online.n_reads
    gate.look()
    assert online.n_reads == n_reads + 1, "none of these told what stands whole"


def test_a_store_that_goes_and_comes_back_empty_while_nobody_asks_is_told_at_each_end(setting, caplog):
    online, _, gate = setting
    caplog.set_level(logging.WARNING, "daypart.serving")
    gate.pasts(["ann"])
    gate.look()
    for down, filled in ((True, WHOLE), (False, Filled(False, False)), (False, WHOLE)):
        online.down, online.filled = down, filled
        gate.look()
        assert gate.is_down == down
        gate.look()
    assert [line.split(":")[0] for line in caplog.messages] == [
        "online store down, recommendations fall back",
        "online store back",
        "online store was emptied",
        "online store has everybody's history again",
    ]


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
    online.filled = lost
    gate.pasts(["ann"])
    n_reads = online.n_reads
    gate.look()
    assert online.n_reads == n_reads + 1, "whoever comes meanwhile"
    online.filled = WHOLE
    gate.pasts(["ann"])
    gate.look()
    assert online.n_reads == n_reads + 2, "one that is well is left alone"


def test_a_store_that_takes_long_is_timed_beside_the_requests_until_it_is_quick_again(setting, monkeypatch):
    online, clock, gate = setting
    read, takes_s = online.user, 0.035

    def slow(user_id):
        clock.now_s += takes_s
        return read(user_id)

    monkeypatch.setattr(online, "user", slow)
    for _ in range(30):
        gate.pasts(["ann"])
    assert gate.pace.needed_s > 0.1
    takes_s = 0.0
    for _ in range(5):
        gate.pasts(["ann"])
        n_reads = online.n_reads
        gate.look()
        assert online.n_reads == n_reads + 1
    for _ in range(20):
        gate.look()
    assert gate.pace.needed_s < 0.005
    gate.pasts(["ann"])
    n_reads = online.n_reads
    gate.look()
    assert online.n_reads == n_reads, "one that is quick is left alone"
