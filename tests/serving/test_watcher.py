import logging
import threading
import time

from serving.episode import Episode
from serving.watcher import Watcher


def test_errands_are_done_again_and_again_whatever_one_does(caplog):
    done, enough = [], threading.Event()

    def fails():
        raise RuntimeError("odd")

    def counts():
        done.append(True)
        if len(done) == 3:
            enough.set()

    watcher = Watcher((fails, counts), every_s=0.001)
    assert enough.wait(10)
    watcher.close()
    n_done = len(done)
    time.sleep(0.02)
    assert len(done) == n_done, "closed, it does nothing more"
    assert "an errand beside the requests failed" in caplog.text


def test_closing_waits_for_the_errand_at_hand_and_for_no_turn():
    began, done = threading.Event(), []

    def slow():
        began.set()
        time.sleep(0.05)
        done.append(True)

    watcher = Watcher((slow,), every_s=0.001)
    assert began.wait(10)
    watcher.close()
    assert done
    idle, began_s = Watcher((done.clear,), every_s=60.0), time.monotonic()
    idle.close()
    assert done, "the first turn comes after the first while"
    assert time.monotonic() - began_s < 5.0


def test_an_episode_is_a_line_at_each_end(caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    found = Episode("it broke", "it is whole")
    found.end()
    for cause in ("one", "two"):
        found.begin(cause)
    assert found.is_on
    found.end()
    found.end()
    assert [record.message for record in caplog.records] == ["it broke: one", "it is whole"]
