"""Wall clocks and instants: windows, opening hours and send times in the store's own zone.

The DST rule. A wall time that happens twice is its first occurrence; one that is skipped is the first moment after the
gap. Windows are half-open pairs of such moments, so neighbouring windows meet without gap or overlap on every day of
every zone, and a window that lies inside a gap is empty. Whether a moment is inside opening hours is judged by the wall
clock alone, so a repeated hour is open twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = 24 * 60


@dataclass(frozen=True)
class Store:
    """A store's clock. `opens`/`closes` are minutes of the local day, 0 to 1440; closing at or before opening means the
    store stays open past midnight; both None, or both the same, mean around the clock."""

    store_id: str
    timezone: str
    opens: int | None = None
    closes: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The IANA zone. Raises ValueError for a name that is none."""
        return zone_of(self.timezone)


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


def closing(store: Store, minute: int) -> int | None:
    """The minute (up to 2880) at which the opening that holds `minute` of a day ends; None while closed."""
    if store.opens is None or store.closes is None or store.opens == store.closes:
        return 2 * DAY
    if store.opens < store.closes:
        return store.closes if store.opens <= minute < store.closes else None
    if minute >= store.opens:
        return DAY + store.closes
    return store.closes if minute < store.closes else None


def is_open(store: Store, at: datetime) -> bool:
    """Whether the store's wall clock is inside its opening hours at an instant."""
    local = at.astimezone(store.zone)
    return closing(store, local.hour * 60 + local.minute) is not None


def open_hours(store: Store) -> list[bool]:
    """For each hour 0 to 23 of a day, whether the store is open from its first minute to its last."""
    ends = [closing(store, hour * 60) for hour in range(24)]
    return [end is not None and end >= (hour + 1) * 60 for hour, end in enumerate(ends)]


def window(store: Store, day: date, minute: int, minutes: int) -> tuple[datetime, datetime] | None:
    """Half-open window in UTC from a wall time on, cut at closing time; None when closed or swallowed by a gap."""
    ends = closing(store, minute)
    if ends is None:
        return None
    begin, end = moment(store.zone, day, minute), moment(store.zone, day, min(minute + minutes, ends))
    return (begin, end) if begin < end else None


def local_day(store: Store, at: datetime) -> date:
    """The store's calendar day at an instant."""
    return at.astimezone(store.zone).date()


def is_quiet(minute: int, quiet: tuple[int, int]) -> bool:
    """Whether a minute of the day lies in the half-open quiet time, which may span midnight; equal ends mean none."""
    start, end = quiet
    return start <= minute < end if start <= end else minute >= start or minute < end


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
