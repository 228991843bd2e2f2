"""Closed days as one line of text: lower-case weekdays, which come again every week, and ISO dates, which come once."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""By `date.weekday()`. Not from the calendar module, whose names follow the machine's language."""
MAX_LENGTH = 1_000
"""Characters of the normal form; ninety dates."""


def closed_days_of(text: str | None) -> str:
    """The normal form of closed days as someone wrote them, "" for none: "sunday 2026-12-25".

    Weekdays in the order of the week, then dates in order, each once, a space between. Raises ValueError.
    """
    weekdays, dates = _read((text or "").lower())
    normal = " ".join([*(WEEKDAYS[n] for n in sorted(weekdays)), *(day.isoformat() for day in sorted(dates))])
    if len(normal) > MAX_LENGTH:
        raise ValueError(
            f"closed days fill {len(normal)} characters; write at most {MAX_LENGTH}, and leave out dates that are past"
        )
    return normal


def is_closed_on(text: str, day: date) -> bool:
    """Whether a normal form names the day. Raises ValueError for text that is none."""
    weekdays, dates = _read(text)
    return day in dates or day.weekday() in weekdays


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[frozenset[int], frozenset[date]]:
    weekdays, dates = set(), set()
    for word in text.split():
        if word in WEEKDAYS:
            weekdays.add(WEEKDAYS.index(word))
        else:
            dates.add(_date(word))
    return frozenset(weekdays), frozenset(dates)


def _date(word: str) -> date:
    try:
        day = date.fromisoformat(word)
    except ValueError:
        day = None
    # Python reads other forms too (20261225, 2026-W52-5); one form keeps equal days equal text.
    if day is None or day.isoformat() != word:
        raise ValueError(f"{word[:40]!r} is no closed day; write weekdays and dates, spaces between: sunday 2026-12-25")
    return day
