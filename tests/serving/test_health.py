import asyncio
import logging

import pytest

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


def test_each_change_is_one_line_that_names_the_part(world, monkeypatch, caplog):
    monkeypatch.setattr(health, "REMEMBER_S", 0.0)
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Health(world.parts)
    world.online.down = True
    assert [ask(found), ask(found)] == [False, False]
    world.online.down = False
    assert ask(found)
    lines = [record.message for record in caplog.records if "ready" in record.message]
    assert lines == ["not ready: online store not reachable", "ready"]


def test_a_part_that_is_silent_is_missing(world, monkeypatch):
    monkeypatch.setattr(health, "PATIENCE_S", 0.02)
    monkeypatch.setattr(world.parts.gate, "answers", lambda: __import__("time").sleep(0.1) or True)
    assert not ask(Health(world.parts))


@pytest.mark.parametrize("part", ["ledger"])
def test_a_ledger_that_is_gone_is_noticed(world, monkeypatch, part):
    def refuse(*args, **kwargs):
        raise OSError("gone")

    monkeypatch.setattr(world.parts.engine, "connect", refuse)
    assert not ask(Health(world.parts))
