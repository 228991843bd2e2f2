"""The follower as a process beside the service; that the service shows what it does: `tests/bench/test_person_intake.py`."""

import json
import logging
import os
import subprocess
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from river import beside
from serving.follower_sign import looked, silent_s
from serving.logs import HANDLER
from settings import Settings
from tests import world
from tests.suites.online_world import online_world
from tests.training.test_held import line
from training import held


class Process:
    """One that ends by itself after so many looks at it."""

    def __init__(self, command, n_looks, code=1):
        self.command, self.left, self.ended, self.code = command, n_looks, False, code

    @property
    def returncode(self):
        return self.code

    def poll(self):
        self.left -= 1
        return self.code if self.left < 0 or self.ended else None

    def terminate(self):
        self.ended = True

    def wait(self):
        return 0


@pytest.fixture
def begun(monkeypatch):
    found = []

    def popen(command, env):
        found.append(Process(command, 0 if len(found) < 2 else 10**6))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setattr(beside, "RESTART_S", 0.001)
    return found


def until(true, seconds=120.0):
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)


def test_one_that_ends_is_begun_again_and_the_last_ends_with_the_service(begun, tmp_path):
    with beside.follower(Settings(home=tmp_path)):
        until(lambda: len(begun) == 3)
        assert not begun[2].ended
        assert silent_s(tmp_path, datetime.now(UTC)) is not None, "one that never comes to look is silent"
    assert begun[2].ended
    assert all(one.command[1:3] == ["-m", "river.beside"] for one in begun)


def test_one_that_ended_for_good_is_not_begun_again(begun, monkeypatch, tmp_path):
    monkeypatch.setattr(subprocess, "Popen", lambda command, env: begun.append(Process(command, 0, 3)) or begun[-1])
    looked(tmp_path)
    with beside.follower(Settings(home=tmp_path)):
        until(lambda: len(begun) == 1)
        time.sleep(0.1)
    assert len(begun) == 1
    assert silent_s(tmp_path, datetime.now(UTC)) is None  # no alert waits for it


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """`main` in this process, with its settings; what it set up is taken away again."""

    def run(log_format="text"):
        settings = Settings(home=tmp_path, log_format=log_format)
        monkeypatch.setattr(beside, "settings_from", lambda env: settings)
        with pytest.raises(SystemExit) as ended:
            beside.main()
        return ended.value.code

    monkeypatch.setattr(beside.sys, "argv", ["beside", str(os.getppid())])
    monkeypatch.setattr(beside.ctypes, "CDLL", lambda name: SimpleNamespace(prctl=lambda *_: 0))
    monkeypatch.setattr(beside.signal, "signal", lambda *_: None)
    yield run
    for each in [each for each in logging.getLogger().handlers if each.get_name() == HANDLER]:
        logging.getLogger().removeHandler(each)


def test_a_lake_that_is_too_large_ends_it_for_good(tmp_path, monkeypatch, capsys, alone):
    world.fill(tmp_path / "lake")
    monkeypatch.setattr(held, "MOST_ROWS", 3)
    assert alone() == beside.FOR_GOOD
    assert "the most that are kept in memory" in capsys.readouterr().out


def test_its_lines_are_in_the_form_that_is_set_and_without_what_was_not_foreseen(monkeypatch, capsys, alone):
    def follow(settings, ended):
        beside.log.warning("a part is away")
        raise KeyError("planted.dan@example.com")

    monkeypatch.setattr(beside, "follow", follow)
    assert alone("json") == 1
    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["logger"], first["message"], "at" in first) == ("daypart.river", "a part is away", True)
    assert (last["level"], last["message"], last["exception"][0]) == ("error", beside.WAITS, "builtins.KeyError")
    assert "planted" not in str(last)


def test_without_the_offline_libraries_the_service_serves_alone(begun, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(beside, "find_spec", lambda name: None)
    looked(tmp_path)
    with beside.follower(Settings(home=tmp_path)):
        pass
    assert begun == []
    assert silent_s(tmp_path, datetime.now(UTC)) is None
    assert "wait for `daypart features`" in capsys.readouterr().err


def test_it_follows_until_it_is_told_to_end(tmp_path, monkeypatch):
    settings, looked = Settings(home=tmp_path), threading.Event()
    with online_world(settings):
        from offers.journal import Journal
        from river.keeping import Keeper
        from serving.history_kind import history_rows
        from serving.inbox import take
        from serving.tables import prepare
        from tests.training.test_held import AT

        look, ended = Keeper.look, threading.Event()

        def failing_once(self):
            if not looked.is_set():
                looked.set()
                raise OSError("the disk was away")
            return look(self)

        monkeypatch.setattr(Keeper, "look", failing_once)
        thread = threading.Thread(target=beside.follow, args=(settings, ended))
        thread.start()
        journal = Journal(settings.ledger_url)
        prepare(journal.engine)
        take(journal.engine, [line("late", user="zoe", product="tea", day=-9)], AT)
        found = {}

        def seen():
            from embedded import lease_online_store

            with lease_online_store(settings) as store:
                rows = history_rows(settings, store)
                rows.change(["zoe"], lambda name, stood: found.setdefault(len(found), stood))
            return any(history.product_ids == ("tea",) for history in found.values())

        until(seen)
        until(lambda: silent_s(settings.home, datetime.now(UTC)) is not None)  # it says so once it has looked at all
        ended.set()
        thread.join(120)
        assert not thread.is_alive()
        journal.close()
