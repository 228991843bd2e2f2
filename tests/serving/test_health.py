import asyncio
import logging
import threading

import sqlalchemy as sa

from offers.database import transaction
from serving import health
from serving.health import Health


def ask(found):
    return asyncio.run(found.ready())


def test_ready_is_remembered_for_a_moment(world):
    found = Health(world.parts)
    assert ask(found)
    n_reads = world.online.n_reads
    world.online.down = True
    assert ask(found)
    assert world.online.n_reads == n_reads


def test_each_change_is_one_line_that_names_the_part_and_it_stays_ready(world, monkeypatch, caplog):
    monkeypatch.setattr(health, "REMEMBER_S", 0.0)
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Health(world.parts)
    assert ask(found)
    world.online.down = True
    assert [ask(found), ask(found)] == [True, True]
    world.online.down = False
    assert ask(found)
    lines = [record.message for record in caplog.records if "online store " not in record.message]
    assert lines == ["not reachable: online store", "every part answers"]


def test_a_part_that_was_silent_from_the_start_is_waited_for(world, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_S", 0.02)
    monkeypatch.setattr(health, "REMEMBER_S", 0.0)
    found = Health(world.parts)
    with monkeypatch.context() as patch:
        silence = threading.Event()
        patch.setattr(world.parts.gate, "answers", lambda: silence.wait(60))
        try:
            assert not ask(found)
        finally:
            silence.set()
    monkeypatch.setattr(health, "PATIENCE_S", 5.0)
    assert ask(found)


def test_a_ledger_that_is_gone_from_the_start_is_noticed(world, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("gone")

    monkeypatch.setattr(world.parts.engine, "connect", refuse)
    assert not ask(Health(world.parts))


def test_a_ledger_that_somebody_writes_is_no_ledger_that_is_gone(world):
    with transaction(world.parts.engine, write=True):
        assert ask(Health(world.parts))


def test_an_empty_file_in_the_ledgers_place_is_no_ledger(world, monkeypatch):
    """It answers, but holds no table of ours."""
    monkeypatch.setattr(world.parts, "engine", sa.create_engine("sqlite://"))
    assert not ask(Health(world.parts))


def test_who_leaves_is_not_ready(world):
    found = Health(world.parts, leaving=lambda: leaving)
    leaving = False
    assert ask(found)
    leaving = True
    assert not ask(found)
