import logging

import pytest

from serving.pace import CALM_S, QUICK_S, READS, SLOW_S, Pace
from tests.serving.fakes import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(clock)


def after(pace, seconds, n):
    for _ in range(n):
        pace.took(seconds)
    return pace


def test_what_somebody_needs_follows_what_reads_take(pace):
    assert pace.needed_s == 0.0
    assert after(pace, 0.035, 50).needed_s == pytest.approx(READS * 0.035, rel=0.01)
    assert after(pace, 0.0003, 50).needed_s == pytest.approx(READS * 0.0003, rel=0.01)


def test_one_late_read_is_no_slow_store(pace, caplog):
    after(pace, 0.0003, 50)
    pace.took(0.05)
    assert pace.needed_s < 0.04
    assert not caplog.records


def test_a_slow_store_is_a_line_at_each_end(pace, clock, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    after(pace, 0.035, 50)
    after(pace, 0.015, 50)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "online store slow, who is in a hurry is answered from memory"
    ]
    after(pace, 0.0003, 50)
    assert len(caplog.records) == 1, "it may come and go"
    clock.now_s += CALM_S
    after(pace, 0.0003, 1)
    assert caplog.records[-1].message == "online store quick again"
    assert len(caplog.records) == 2


def test_what_is_slow_now_and_then_is_one_line(pace, clock, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    for _ in range(20):
        after(pace, 0.05, 10)
        after(pace, 0.0003, 50)
        clock.now_s += CALM_S - 0.1
    assert len(caplog.records) == 1


def test_at_the_very_edge_nothing_begins_and_nothing_ends(pace, clock, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    for mean_s, n_lines in [(SLOW_S, 0), (SLOW_S * 1.01, 1), (QUICK_S, 1), (QUICK_S * 0.99, 2)]:
        pace.mean_s = mean_s
        clock.now_s += CALM_S if mean_s < QUICK_S else 0
        pace.took(mean_s)
        assert len(caplog.records) == n_lines, mean_s
