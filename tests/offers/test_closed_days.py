from datetime import date, timedelta

import pytest

from offers.closed_days import WEEKDAYS, closed_days_of, is_closed_on


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (None, ""), ("", ""), (" \t\n", ""), ("sunday", "sunday"), ("Sunday  MONDAY", "monday sunday"),
        ("2027-01-01 sunday 2026-12-25\nsunday 2026-12-25", "sunday 2026-12-25 2027-01-01"),
        (" ".join(reversed(WEEKDAYS)), " ".join(WEEKDAYS)), ("2028-02-29", "2028-02-29"),
    ],
)  # fmt: skip
def test_the_normal_form(text, normal):
    assert closed_days_of(text) == normal
    assert closed_days_of(normal) == normal


@pytest.mark.parametrize("word", ["sun", "sundays", "sunday,", "2026-12-32", "2026-02-29", "20261225", "2026-W52-5",
                                  "2026-1-5", "25.12.2026", "2026-12-25T00:00", "dimanche", "x" * 99])  # fmt: skip
def test_what_is_no_closed_day_is_named_with_what_to_write(word):
    with pytest.raises(
        ValueError, match=r"is no closed day; write weekdays and dates, spaces between: sunday 2026-12-25"
    ) as told:
        closed_days_of(f"monday {word}")
    assert repr(word.lower()[:40]) in str(told.value)
    assert len(str(told.value)) < 130


def test_there_is_a_limit():
    dates = [(date(2026, 1, 1) + timedelta(days=n)).isoformat() for n in range(92)]
    assert len(closed_days_of(" ".join(dates[:91]))) == 1_000
    with pytest.raises(ValueError, match="1011 characters; write at most 1000"):
        closed_days_of(" ".join(dates))
    # What is said twice counts once.
    assert closed_days_of(" ".join(dates[:91] * 2)) == " ".join(dates[:91])


def test_which_days_are_closed():
    text = closed_days_of("sunday monday 2026-12-25")
    shut = [day for n in range(14) if is_closed_on(text, day := date(2026, 12, 20) + timedelta(days=n))]
    assert [day.day for day in shut] == [20, 21, 25, 27, 28]
    assert not any(is_closed_on("", date(2026, 12, 20) + timedelta(days=n)) for n in range(7))
    # 2026-06-01 is a Monday: each name shuts its own day.
    for n, name in enumerate(WEEKDAYS):
        assert [is_closed_on(name, date(2026, 6, 1) + timedelta(days=m)) for m in range(7)] == [
            m == n for m in range(7)
        ]
