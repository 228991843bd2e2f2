import time

import pytest

from people import consent
from serving.ledger_gate import LedgerGate


@pytest.fixture
def cut(world, monkeypatch):
    """Takes the ledger away and gives it back."""
    connect, state = world.parts.engine.connect, {"up": True}

    def perhaps():
        if not state["up"]:
            raise OSError("gone")
        return connect()

    monkeypatch.setattr(world.parts.engine, "connect", perhaps)

    def switch(up):
        state["up"] = world_up = up
        world.desk.down = not world_up
        # Memory of a moment ago is over, and so is the pause after a failure.
        world.parts.standing._until = world.parts.persons._until = -1.0
        world.parts.ledger_gate = LedgerGate()

    return switch


def say(world, user_id, **words):
    with world.parts.engine.connect() as connection, connection.begin():
        consent.say(connection, world.parts.persons.references, user_id, words, "tests", 1)


def test_while_nobody_ever_said_a_word_the_list_stays_theirs(world, cut):
    before = world.rank()
    cut(False)
    after = world.rank()
    assert [i["product_id"] for i in after["items"]] == [i["product_id"] for i in before["items"]]
    assert (after["meta"]["degraded"], after["meta"]["fallback"]) == (True, None)
    assert after["meta"]["warnings"] == ["offers_unavailable"]
    cut(True)
    assert world.rank()["meta"] == before["meta"]


def test_who_is_not_remembered_is_a_stranger_and_the_answer_says_so(world, cut):
    say(world, "u05", recommend=False)
    known = world.rank()
    assert known["meta"]["fallback"] is None
    cut(False)
    remembered, other = world.rank()["meta"], world.rank(user_id="u01")["meta"]
    assert (remembered["degraded"], remembered["fallback"]) == (True, None)
    assert (other["degraded"], other["fallback"], other["warnings"]) == (True, "cold_start", ["consent_unavailable"])


def test_a_no_is_a_no_while_the_ledger_is_away(world, cut):
    say(world, "u00", recommend=False)
    assert world.rank()["meta"]["fallback"] == "cold_start"
    cut(False)
    assert world.rank()["meta"]["fallback"] == "cold_start"


def test_a_process_that_never_reached_the_ledger_personalises_nothing(world, cut):
    world.rank(dry_run=True)
    cut(False)
    world.parts.standing._version, world.parts.standing._allowed = (-1, -1), {}
    meta = world.rank()["meta"]
    assert (meta["degraded"], meta["fallback"], meta["warnings"]) == (True, "cold_start", ["consent_unavailable"])


@pytest.mark.parametrize(("ms", "words"), [("6", ["offers_unavailable", "short_deadline"]), ("2000", [])])
def test_a_deadline_is_kept_by_leaving_out_the_coupons(world, ms, words):
    world.rank()
    world.desk.slow_s = 0.1
    began = time.perf_counter()
    answer = world.ask(
        "POST", "/v1/recommendations", "app", json={"user_id": "u00"}, headers={"X-Deadline-Ms": ms}
    ).json()
    assert (answer["meta"]["warnings"], answer["meta"]["degraded"]) == (words, bool(words))
    assert len(answer["items"]) == 10
    assert bool(words) or time.perf_counter() - began >= 0.1


def test_in_a_hurry_what_was_last_known_of_the_person_will_do(world):
    world.rank()
    n_reads = world.online.n_reads
    answer = world.ask("POST", "/v1/recommendations", "app", json={"user_id": "u00"}, headers={"X-Deadline-Ms": "2"})
    # Two milliseconds may be over before the key is looked up: then it is a 503 that says so.
    if answer.status_code == 200:
        assert (answer.json()["meta"]["fallback"], world.online.n_reads) == ("last_known", n_reads)
        assert "short_deadline" in answer.json()["meta"]["warnings"]
    else:
        assert (answer.status_code, answer.json()["code"]) == (503, "deadline")


def test_a_ledger_that_is_away_for_long_is_one_line_a_part_at_each_end(world, cut, caplog):
    world.rank()
    cut(False)
    for _ in range(4):
        # As after the pause: one asks whether it is back.
        world.parts.ledger_gate._closed_until_s = world.parts.standing._until = world.parts.persons._until = -1.0
        assert world.rank()["meta"]["degraded"]
    cut_off = world.parts.ledger_gate
    cut(True)
    world.parts.ledger_gate = cut_off
    cut_off._closed_until_s = -1.0
    assert not world.rank()["meta"]["degraded"]
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert told.count("ledger away, recommendations come without coupons") == 1
    assert told.count("ledger back") == 1
    assert len(told) == len(set(told)), told
