"""Zones as a stranger finds them, to judge `offers.slots` by: every change of offset, and clocks read minute by minute.

Nothing of `offers` is imported here. A walk knows no offsets and no rules of time zones: it looks at the clock once a
minute and remembers the latest time it has ever seen there.
"""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from zoneinfo import TZPATH, ZoneInfo, available_timezones

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
MINUTE, A_DAY = timedelta(minutes=1), timedelta(days=1)
LEAP_DAYS = (date(2024, 2, 29), date(2028, 2, 29))
# Before our years: Samoa's, Kwajalein's and Kiritimati's skipped days; clocks set back over midnight, from 00:01 to 23:01
# and from 00:00 to 23:30; a year without its spring, and half an hour gained.
OLD = (
    ("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21)), ("Pacific/Kiritimati", date(1994, 12, 31)),
    ("America/St_Johns", date(2010, 11, 7)), ("America/St_Johns", date(2011, 3, 13)), ("Asia/Pyongyang", date(2015, 8, 15)),
    ("Africa/Casablanca", date(2011, 7, 31)), ("America/Caracas", date(2016, 5, 1)), ("Pacific/Fakaofo", date(2011, 12, 30)),
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Change:
    """A moment at which some zones' clocks are moved, or a day on which they aren't; offsets from UTC before and after."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def walls(self) -> tuple[datetime, datetime]:
        """The two readings of the clock at the moment, the earlier first: between them it skips or repeats."""
        bare = self.at.replace(tzinfo=None)
        return min(bare + self.before, bare + self.after), max(bare + self.before, bare + self.after)


def every_name() -> list[str]:
    """All zones of the machine, those in posix/ and right/ (with leap seconds) too, which `zoneinfo` doesn't list."""
    names = set(available_timezones())
    for root in TZPATH:
        for folder in ("posix", "right"):
            for here, _, files in os.walk(os.path.join(root, folder)):
                names |= {os.path.relpath(os.path.join(here, name), root) for name in files}
    return sorted(names)


@lru_cache(maxsize=1)
def changes() -> dict[tuple[Change, ...], list[str]]:
    """What is to be looked at, to the zones where it happens, those without a prefix first. A key holds a change and those
    within five days of it: zones of one key have one clock around it, so one of them stands for all."""
    found = defaultdict(list)
    for name in sorted(every_name(), key=lambda name: (name.startswith(("posix/", "right/")), name)):
        zone = ZoneInfo(name)
        moved = [*_moved(zone, FIRST, LAST)]
        for day in LEAP_DAYS:
            noon = datetime.combine(day, time(12), UTC)
            moved.append(Change(noon, zone.utcoffset(noon), zone.utcoffset(noon)))
        for one in moved:
            found[one, *(other for other in moved if other != one and abs(other.at - one.at) < 5 * A_DAY)].append(name)
    for name, day in OLD:
        noon = datetime.combine(day, time(12), UTC)
        (one,) = _moved(ZoneInfo(name), noon - 2 * A_DAY, noon + 2 * A_DAY)
        found[one,].append(name)
    return dict(sorted(found.items()))


def _moved(zone: ZoneInfo, low: datetime, high: datetime) -> list[Change]:
    """Changes of the zone, found where two days differ and then by halving, to the second."""
    found = []
    days = [low + n * A_DAY for n in range((high - low).days + 1)]
    for (a, before), (b, after) in pairwise((day, day.astimezone(zone).utcoffset()) for day in days):
        if before != after:
            while b - a > timedelta(seconds=1):
                middle = a + timedelta(seconds=(b - a) // timedelta(seconds=2))
                a, b = (middle, b) if middle.astimezone(zone).utcoffset() == before else (a, middle)
            found.append(Change(b, before, after))
    return found


class Walk:
    """A clock read every minute of some days, and at the very second at which it is moved.

    `ticks` are in UTC; `walls` what the clock reads there; `highs` the latest time it has read so far.
    """

    def __init__(self, zone: ZoneInfo, low: datetime, high: datetime, stops: tuple[datetime, ...]):
        self.ticks = [low + n * MINUTE for n in range((high - low) // MINUTE)]
        for at in stops:
            if low <= at < high and at.second:
                insort(self.ticks, at)
        self.walls = [tick.astimezone(zone).replace(tzinfo=None) for tick in self.ticks]
        self.highs = list(accumulate(self.walls, max))
        self.seen = sorted(self.walls)

    def first(self, wall: datetime) -> datetime:
        """The first tick at which the clock reads `wall` or later."""
        return self.ticks[bisect_left(self.highs, wall)]

    def latest(self, at: datetime, before: bool = False) -> datetime:
        """The latest time read until the tick `at`; with `before`, until the one before it."""
        return self.highs[bisect_left(self.ticks, at) - before]

    def reads(self, low: datetime, high: datetime) -> bool:
        """Whether the clock ever reads a time in [low, high)."""
        return bisect_left(self.seen, low) < bisect_left(self.seen, high)
