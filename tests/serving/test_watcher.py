import logging
import threading

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
    assert not enough.wait(0) or len(done) == n_done
    assert "an errand beside the requests failed" in caplog.text


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
