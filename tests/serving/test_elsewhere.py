"""A worker hears what another could not put into the online store, for as long as that lives and lacks it."""

import os
import subprocess
import sys

import pytest

from serving.elsewhere import SIGN, Elsewhere
from serving.events import Record
from serving.visits import Visits
from serving.workers import FOLDER
from tests.serving.fakes import NOW, CountingOnline

SALE: Record = {
    "event_id": "e1", "event_type": "purchase", "occurred_at": NOW.isoformat(), "user_id": "ann", "product_id": "p0",
    "store_id": None,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


@pytest.fixture
def online():
    return CountingOnline()


@pytest.fixture
def worker():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def test_what_is_missed_is_told_until_it_is_no_more(folder, online):
    visits = Visits(online, {}, 512)
    elsewhere = Elsewhere(visits)
    online.down = True
    visits.add([SALE])
    for _ in range(2):
        elsewhere.look()
        assert [path.name for path in folder.iterdir()] == [f"{SIGN}{os.getpid()}"]
        assert not visits.others_miss, "it is its own"
    online.down = False
    visits.add([SALE])
    for _ in range(2):
        elsewhere.look()
        assert list(folder.iterdir()) == []


def test_another_is_heard_while_it_lives_and_lacks(folder, online, worker):
    visits = Visits(online, {}, 512)
    elsewhere, sign = Elsewhere(visits), folder / f"{SIGN}{worker.pid}"
    heard = []
    for act in (lambda: None, sign.touch, sign.unlink, sign.touch, worker.kill):
        act()
        if act == worker.kill:
            worker.wait()
        elsewhere.look()
        heard.append(visits.others_miss)
    assert heard == [False, True, False, True, False]


def test_without_a_folder_nobody_is_told(tmp_path, monkeypatch, online):
    visits = Visits(online, {}, 512)
    online.down = True
    visits.add([SALE])
    monkeypatch.setenv(FOLDER, str(tmp_path / "gone"))
    Elsewhere(visits).look()
    monkeypatch.delenv(FOLDER)
    Elsewhere(visits).look()
    assert not visits.others_miss
    assert list(tmp_path.iterdir()) == []
