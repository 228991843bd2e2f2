"""A zone's wall clock: zones by name, times of day as text, and the instant at which a clock reads a time.

A wall time is the first instant at which the clock reads it or later: one that happens twice is its first occurrence, one
that is skipped is the first instant after the gap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 24 * 60


def zone_of(name: str) -> ZoneInfo:
    """ZoneInfo by IANA name, cached by the library. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not an IANA time zone; write one like America/New_York") from None


def minute_of(text: str | None) -> int | None:
    """Minute of the day of "HH:MM", 0 to 1440 ("24:00" is the day's end); None stays None. Raises ValueError."""
    if text is None:
        return None
    hour, colon, minute = text.strip().partition(":")
    if colon and hour.isdecimal() and minute[:2].isdecimal() and len(minute) in (2, 5):
        value = int(hour) * 60 + int(minute[:2])
        if int(minute[:2]) < 60 and value <= DAY:
            return value
    raise ValueError(f"{text!r} is not a time of day; write HH:MM, 00:00 to 24:00")


def clock(minute: int) -> str:
    """ "HH:MM" of a minute of the day; the inverse of `minute_of`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def moment(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """The instant, in UTC, of a wall time: `minute` minutes into `day` (1440 and more run into the days after)."""
    wall = datetime.combine(day + timedelta(days=minute // DAY), time(minute % DAY // 60, minute % 60), zone)
    first = wall.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return first
    # Read by the offset after the gap the wall time falls before it, read by the one before it, after: the gap's end
    # is where the offset changes in between.
    low, high = wall.replace(fold=1).astimezone(UTC), first
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def is_quiet(minute: int, quiet: tuple[int, int]) -> bool:
    """Whether a minute of the day lies in the half-open quiet time, which may span midnight; equal ends mean none."""
    start, end = quiet
    return start <= minute < end if start <= end else minute >= start or minute < end
