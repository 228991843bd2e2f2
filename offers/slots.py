"""Wall clocks and instants: windows, opening hours and send times in the store's own zone.

The DST rule. A wall time is the first moment at which the store's clock reads it or later: one that happens twice is
its first occurrence, one that is skipped is the first moment after the gap. Windows, openings and closed days are
half-open pairs of such moments, so neighbours meet without gap or overlap on every day of every zone, and what lies
inside a gap is empty. A clock set back neither closes nor opens a store: what is open stays open while the clock repeats
itself, be it to before the opening time; what has closed stays closed, though the clock repeat its opening hours.

Closed days. An opening belongs to the local day its opening time stands on, and a closed day has none: a store open past
midnight stays open into a closed day until it closes, and stays shut in the small hours after one. Around the clock means
an opening from 00:00 to 24:00 on every day; only these join up, so no window runs into a closed day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from offers.clocks import DAY, clock, is_quiet, minute_of, moment, zone_of
from offers.closed_days import closed_days_of, is_closed_on

__all__ = [
    "DAY",
    "Store",
    "clock",
    "closed_days_of",
    "closing",
    "is_open",
    "is_quiet",
    "local_day",
    "minute_of",
    "moment",
    "open_hours",
    "opening",
    "send_moment",
    "window",
    "zone_of",
]


@dataclass(frozen=True)
class Store:
    """A store's clock. `opens`/`closes` are minutes of the local day, 0 to 1440; closing at or before opening means the
    store stays open past midnight; one None, or both the same, mean around the clock. `closed_days`: in normal form."""

    store_id: str
    timezone: str
    opens: int | None = None
    closes: int | None = None
    closed_days: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The IANA zone. Raises ValueError for a name that is none."""
        return zone_of(self.timezone)


def closing(store: Store, minute: int, day: date | None = None) -> int | None:
    """The minute (up to 2880) at which the opening that holds `minute` (0 to 1439) of a day ends; None while closed.

    Without `day`: of a day far from closed ones.
    """

    def shut(ahead: int) -> bool:
        return day is not None and is_closed_on(store.closed_days, day + timedelta(days=ahead))

    if store.opens is None or store.closes is None or store.opens == store.closes:
        return None if shut(0) else DAY if shut(1) else 2 * DAY
    opens = store.opens % DAY
    closes = store.closes if opens < store.closes else DAY + store.closes
    if opens <= minute < closes:
        return None if shut(0) else closes
    return closes - DAY if minute < closes - DAY and not shut(-1) else None


@lru_cache(maxsize=4096)
def opening(store: Store, day: date) -> tuple[datetime, datetime] | None:
    """The opening that belongs to a local day, half-open in UTC; None when there is none."""
    around = store.opens is None or store.closes is None or store.opens == store.closes
    return window(store, day, 0 if around else (store.opens or 0) % DAY, DAY)


def is_open(store: Store, at: datetime, grace: timedelta = timedelta(0)) -> bool:
    """Whether an instant lies in an opening, or one held some moment of (at - grace, at]: the queue at closing time."""
    at = at.astimezone(UTC)
    today = local_day(store, at)
    first = local_day(store, at - grace) if grace else today
    # The day before may stay open past midnight; a clock set back over midnight reads the day before the one it was in.
    for ahead in range(-1, (today - first).days + 2):
        found = opening(store, first + timedelta(days=ahead))
        if found is not None and found[0] <= at < found[1] + grace:
            return True
    return False


def open_hours(store: Store, day: date | None = None) -> list[bool]:
    """For each hour 0 to 23 of a day, whether the store is open from its first minute to its last; see `closing`."""
    ends = [closing(store, hour * 60, day) for hour in range(24)]
    return [end is not None and end >= (hour + 1) * 60 for hour, end in enumerate(ends)]


def window(store: Store, day: date, minute: int, minutes: int) -> tuple[datetime, datetime] | None:
    """Half-open window in UTC from a wall time on, cut at closing time; None when closed or swallowed by a gap."""
    ends = closing(store, minute, day)
    if ends is None:
        return None
    begin, end = moment(store.zone, day, minute), moment(store.zone, day, min(minute + minutes, ends))
    return (begin, end) if begin < end else None


def local_day(store: Store, at: datetime) -> date:
    """The store's calendar day at an instant."""
    return at.astimezone(store.zone).date()


def send_moment(
    zone: ZoneInfo, valid_from: datetime, now: datetime, days_before: int, minute: int, quiet: tuple[int, int]
) -> datetime | None:
    """When to send: `minute` of the local day `days_before` the window, or now if that is past, never in quiet time.

    A quiet moment moves to the end of the quiet time. None when that is not before the window begins.
    """
    wanted = moment(zone, valid_from.astimezone(zone).date() - timedelta(days=days_before), minute)
    at = max(wanted, now)
    local = at.astimezone(zone)
    of_day = local.hour * 60 + local.minute
    if is_quiet(of_day, quiet):
        at = moment(zone, local.date(), quiet[1] if of_day < quiet[1] else DAY + quiet[1])
    return at if at < valid_from else None
