import csv
import os
import subprocess
import threading
import time
from io import StringIO

import msgspec
import pytest

from feature_repo.events import EVENT_COLUMNS
from serving import impressions
from serving.impressions import COLUMNS, ImpressionLog, finished, lines_of
from serving.wire import Context, Item, RecommendationAsk, Slate, SlateMeta
from tests.serving.fakes import NOW, Clock


def a_slate(n=2, recommendation_id="r1"):
    items = [Item(product_id=f"p{i}", name="x", rank=i + 1, score=0.5, price_cents=1, reasons=[]) for i in range(n)]
    meta = SlateMeta(model_version="v", feature_age_s=None, degraded=False, fallback=None, warnings=[])
    return Slate(recommendation_id=recommendation_id, items=items, meta=meta)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_are_events_of_the_table():
    ask = RecommendationAsk(user_id="ann", context=Context(store_id="soho", channel="app"))
    first, second = csv.reader(lines_of(a_slate(), ask, NOW).splitlines())
    assert tuple(column.name for column in EVENT_COLUMNS) == COLUMNS
    assert {name: told for name, told in zip(COLUMNS, first, strict=True) if told} == {
        "event_id": "r1.1", "event_type": "impression", "occurred_at": NOW.isoformat(), "user_id": "ann",
        "product_id": "p0", "store_id": "soho", "channel": "app", "recommendation_id": "r1",
    }  # fmt: skip
    assert (second[0], second[1], second[4:]) == ("r1.2", first[1], ["p1", *first[5:]])


@pytest.mark.parametrize("odd", ["a,b", '"', 'say "hi"', ",", "zoë 日", "a;b\tc", "'"])
def test_lines_are_those_of_the_csv_module(odd):
    items = [msgspec.structs.replace(item, product_id=f"{item.rank}{odd}") for item in a_slate(3).items]
    slate = msgspec.structs.replace(a_slate(), items=items)
    ask = RecommendationAsk(user_id=odd, context=Context(store_id=odd[::-1]))
    read_back, again = list(csv.reader(lines_of(slate, ask, NOW).splitlines())), StringIO()
    csv.writer(again, lineterminator="\n").writerows(read_back)
    assert again.getvalue() == lines_of(slate, ask, NOW)
    assert [row[3:6] for row in read_back] == [[odd, f"{rank}{odd}", odd[::-1]] for rank in (1, 2, 3)]


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


@pytest.mark.parametrize("comes_back", ["moved", "restored"])
def test_a_home_that_goes_is_not_made_anew_and_what_is_shown_goes_on_when_it_is_back(
    tmp_path, comes_back, caplog, monkeypatch
):
    monkeypatch.setattr(impressions, "_PAUSE_S", 0.01)
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    log = ImpressionLog(home)

    def put(is_done):
        log.put(lines_of(a_slate(), RecommendationAsk(user_id="ann"), NOW))
        wait_for(is_done)

    put(lambda: list((home / "inbox").glob("*.part")))
    home.rename(away)
    for n in (2, 4):
        put(lambda n=n: log.n_dropped == n)
    assert not home.exists()
    if comes_back == "moved":
        away.rename(home)
    else:
        home.mkdir()
    put(lambda: "again" in caplog.text)
    log.close()
    (path,) = finished(home)
    assert len(read(path)) == (4 if comes_back == "moved" else 2)
    told = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert told == ["impressions are dropped", "impressions are written again"]


def wait_for(is_so):
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < 10
        time.sleep(0.005)
