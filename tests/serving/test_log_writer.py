"""A log that nobody collects holds up nobody, and what is collected comes whole and in order."""

import logging
import threading

import pytest

from serving import log_writer
from serving.log_writer import write_beside

NAME = "log-of-a-test"


class Slow(logging.Handler):
    """Writes nothing until it is let."""

    def __init__(self):
        super().__init__()
        self.set_name(NAME)
        self.goes, self.lines = threading.Event(), []

    def emit(self, record):
        self.goes.wait(10)
        self.goes.set()  # who has waited so long waits for no other line
        self.lines.append(record.getMessage())


@pytest.fixture
def slow():
    handler, loggers = Slow(), [logging.getLogger(f"test.{name}") for name in "ab"]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler, loggers
    handler.goes.set()
    for logger in loggers:
        logger.handlers.clear()


def test_nobody_waits_and_what_waited_is_written_in_order(slow):
    handler, (one, other) = slow
    (writer,) = write_beside(NAME)
    assert write_beside(NAME) == []
    for n in range(50):
        (one if n % 2 else other).warning("line %d", n)
    assert handler.lines == []
    handler.goes.set()
    writer.close()
    assert handler.lines == [f"line {n}" for n in range(50)]


def test_more_than_may_wait_is_dropped(slow, monkeypatch):
    monkeypatch.setattr(log_writer, "MOST", 3)
    monkeypatch.setattr(log_writer, "CLOSE_S", 0.01)
    handler, (one, _) = slow
    (writer,) = write_beside(NAME)
    for n in range(50):
        one.warning("line %d", n)
    writer.close()
    handler.goes.set()
    writer._thread.join(0.5)
    # The one that is being written, and three that wait.
    assert 3 <= len(handler.lines) <= 4


def test_as_many_lines_wait_as_the_page_says():
    """docs/operations.md: a thousand."""
    assert log_writer.MOST == 1000
