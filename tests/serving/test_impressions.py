import csv
import os
import subprocess
import threading
import time

import pytest

from serving import impressions
from serving.impressions import ImpressionLog, finished
from serving.shown_rows import lines_of
from serving.wire import Item, RecommendationAsk, Slate, SlateMeta
from tests.serving.fakes import NOW, Clock


def a_slate(n=2, recommendation_id="r1"):
    items = [Item(product_id=f"p{i}", name="x", rank=i + 1, score=0.5, price_cents=1, reasons=[]) for i in range(n)]
    meta = SlateMeta(model_version="v", feature_age_s=None, degraded=False, fallback=None, warnings=[])
    return Slate(recommendation_id=recommendation_id, items=items, meta=meta)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_was_put_is_in_a_finished_file_after_closing(tmp_path):
    log = ImpressionLog(tmp_path)
    ask = RecommendationAsk(user_id='a,"b"')
    for n in range(50):
        log.put(lines_of(a_slate(3, f"r{n}"), ask, NOW))
    log.close()
    (path,) = finished(tmp_path)
    rows = read(path)
    assert len(rows) == 150
    assert {row["user_id"] for row in rows} == {'a,"b"'}
    assert not list((tmp_path / "inbox").glob("*.part"))


def test_nothing_shown_makes_no_file(tmp_path):
    log = ImpressionLog(tmp_path)
    log.put("")
    log.close()
    assert finished(tmp_path) == []


def test_a_file_is_finished_when_it_is_old_or_large(tmp_path, monkeypatch):
    monkeypatch.setattr(impressions, "_PAUSE_S", 0.0)
    clock = Clock()
    log = ImpressionLog(tmp_path, clock)
    written = threading.Event()
    write = log._write
    monkeypatch.setattr(log, "_write", lambda batch: (write(batch), batch and written.set()))
    ask = RecommendationAsk(user_id="ann")
    for now_s, n_files in ((0.0, 0), (impressions.MAX_FILE_S, 1)):
        clock.now_s = now_s
        written.clear()
        log.put(lines_of(a_slate(), ask, NOW))
        assert written.wait(5)
        assert len(finished(tmp_path)) <= n_files
    log.close()
    assert sum(len(read(path)) for path in finished(tmp_path)) == 4


def test_a_full_folder_drops_and_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(impressions, "MAX_FILES", 2)
    (tmp_path / "inbox").mkdir()
    for n in range(2):
        (tmp_path / "inbox" / f"impressions-{n}.csv").touch()
    log = ImpressionLog(tmp_path)
    log.put(lines_of(a_slate(), RecommendationAsk(user_id="ann"), NOW))
    log.close()
    assert log.n_dropped == 2
    assert len(finished(tmp_path)) == 2


def test_a_full_queue_drops_and_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(impressions, "MAX_WAITING", 1)
    gate = threading.Event()
    monkeypatch.setattr(ImpressionLog, "_run", lambda self: gate.wait(5))
    log = ImpressionLog(tmp_path)
    rows = lines_of(a_slate(), RecommendationAsk(user_id="ann"), NOW)
    log.put(rows)
    log.put(rows)
    assert log.n_dropped == 2
    gate.set()


def written(log, rows):
    """Hand rows over, and wait until they are in a file or dropped."""
    log.put(rows)
    while log._queue.unfinished_tasks:
        time.sleep(0.005)


@pytest.fixture
def quick(monkeypatch):
    """No pauses; what was taken from the queue is told when it was seen to."""
    monkeypatch.setattr(impressions, "_PAUSE_S", 0.0)
    whole = ImpressionLog._save

    def save(self, batch, ended):
        n = batch.count("\n") // 2
        whole(self, batch, ended)
        for _ in range(n):
            self._queue.task_done()

    monkeypatch.setattr(ImpressionLog, "_save", save)


ROWS = lines_of(a_slate(), RecommendationAsk(user_id="ann"), NOW)


def test_a_folder_that_is_moved_away_is_made_again_and_nothing_is_lost(tmp_path, quick, caplog):
    log, inbox = ImpressionLog(tmp_path), tmp_path / "inbox"
    written(log, ROWS)
    for n in range(2):
        inbox.rename(tmp_path / f"away{n}")
        written(log, ROWS)
    inbox.rename(tmp_path / "away2")
    log.close()
    assert (log.n_dropped, caplog.messages) == (0, [])
    assert [len(read(part)) for n in range(3) for part in (tmp_path / f"away{n}").iterdir()] == [2, 2, 2]


def test_a_home_that_is_moved_away_is_not_made_again(tmp_path, quick, caplog):
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    log = ImpressionLog(home)
    written(log, ROWS)
    home.rename(away)
    written(log, ROWS)
    assert (log.n_dropped, home.exists()) == (2, False)
    away.rename(home)
    written(log, ROWS)
    log.close()
    assert log.n_dropped == 2
    assert sum(len(read(path)) for path in (home / "inbox").iterdir()) == 4
    assert [line.split(":")[0] for line in caplog.messages] == [
        "impressions are dropped",
        "impressions are written again",
    ]


def test_each_episode_of_dropping_is_a_line_at_each_end(tmp_path, quick, caplog):
    log, inbox, aside = ImpressionLog(tmp_path), tmp_path / "inbox", tmp_path / "aside"
    for n in range(1, 3):
        written(log, ROWS)
        inbox.rename(aside)
        inbox.write_text("a file where the folder was")
        for _ in range(3):
            written(log, ROWS)
        assert log.n_dropped == 6 * n
        inbox.unlink()
        aside.rename(inbox)
    written(log, ROWS)
    log.close()
    assert sum(len(read(path)) for path in finished(tmp_path)) == 6
    assert [line.split(":")[0] for line in caplog.messages] == [
        "impressions are dropped", "impressions are written again",
    ] * 2  # fmt: skip


def test_a_file_that_cannot_be_finished_is_one_line(tmp_path, quick, monkeypatch, caplog):
    def refuse(*_, **__):
        raise PermissionError("read only")

    log = ImpressionLog(tmp_path)
    monkeypatch.setattr(log, "_finish", refuse)
    for _ in range(3):
        written(log, ROWS)
    log.close()
    assert caplog.messages == ["impressions are dropped: read only"]


def test_too_many_that_wait_are_an_episode_too(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(impressions, "MAX_WAITING", 1)
    gate, run = threading.Event(), ImpressionLog._run
    monkeypatch.setattr(ImpressionLog, "_run", lambda self: gate.wait(5) and run(self))
    log = ImpressionLog(tmp_path)
    for _ in range(3):
        log.put(ROWS)
    assert caplog.messages == ["impressions are dropped: 1 answers wait to be written down"]
    gate.set()
    log.close()
    assert caplog.messages[1:] == ["impressions are written again"]
    assert log.n_dropped == 4


@pytest.mark.parametrize("broken", ["file instead of folder"])
def test_a_disk_that_refuses_does_not_stop_the_writer(tmp_path, broken):
    (tmp_path / "inbox").write_text(broken)
    log = ImpressionLog(tmp_path)
    log.put(lines_of(a_slate(), RecommendationAsk(user_id="ann"), NOW))
    log.close()
    assert log.n_dropped == 2


def test_what_a_killed_writer_left_is_finished_and_a_living_ones_file_is_not(tmp_path):
    (tmp_path / "inbox").mkdir()
    dead = subprocess.Popen(["true"])
    dead.wait()
    for pid in (dead.pid, os.getpid()):
        (tmp_path / "inbox" / f"impressions-1-{pid}.csv.part").write_text("x\nto")
    log = ImpressionLog(tmp_path)
    log.close()
    assert [path.name for path in finished(tmp_path)] == [f"impressions-1-{dead.pid}.csv"]
    # Of the row at which it was killed nothing is left; the other's next write goes on where it is.
    assert finished(tmp_path)[0].read_text() == "x\n"
    (living,) = (tmp_path / "inbox").glob("*.part")
    assert living.read_text() == "x\nto"


def test_as_many_files_wait_as_the_pages_and_the_alert_say():
    """docs/operations.md, DaypartInboxFull: from 256 on they are dropped."""
    assert impressions.MAX_FILES == 256
