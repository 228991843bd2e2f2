"""Small parts of sentences, at their edges."""

from datetime import UTC, datetime

import pytest

from river.phrases import called, count, date, every, listed, of_epoch, span


@pytest.mark.parametrize(
    ("n", "what", "told"),
    [(0, "visit", "0 visits"), (1, "visit", "1 visit"), (1200, "mail address", "1,200 mail addresses")],
)
def test_count(n, what, told):
    assert count(n, what) == told


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "0 hours"), (0.04, "1 hour"), (1.99, "48 hours"), (2, "2 days"), (2.99, "2 days"), (400, "400 days")],
)
def test_span(days, told):
    assert span(days) == told


@pytest.mark.parametrize(
    ("gap", "told"),
    [
        (None, "now and then"),
        (1, "nearly every day"),
        (1.49, "nearly every day"),
        (1.5, "about every 2 days"),
        (7.4, "about every 7 days"),
    ],
)
def test_every(gap, told):
    assert every(gap) == told


@pytest.mark.parametrize(
    ("words", "told"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listed(words, told):
    assert listed(words) == told


def test_dates_and_names():
    assert date(of_epoch(0)) == "1 January 1970"
    assert date(of_epoch(None)) == "an unknown day"
    assert date(datetime(2026, 3, 5, tzinfo=UTC)) == "5 March 2026"
    assert (called("p1", {"p1": "FLUID MILK"}), called("p2", {})) == ("fluid milk", "p2")
