import threading

import pytest

from bench.threads import begin_together


def test_nobody_begins_before_all_are_ready():
    ready, seen = [], []

    def work(own, barrier):
        ready.append(own)
        barrier.wait()
        seen.append(len(ready))

    begin_together(5, work)
    assert sorted(ready) == list(range(5))
    assert seen == [5] * 5


def test_a_failure_is_raised_and_keeps_nobody_waiting():
    left = []

    def work(own, barrier):
        if own == 2:
            raise ValueError("the third one")
        try:
            barrier.wait()
        except threading.BrokenBarrierError:
            left.append(own)
            raise

    with pytest.raises(ValueError, match="the third one"):
        begin_together(4, work)
    assert sorted(left) == [0, 1, 3]
