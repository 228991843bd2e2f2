"""Every zone, every change of its clock from 2024 to 2028: openings and windows against clocks read minute by minute."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, chain, pairwise, product
from random import Random
from zoneinfo import ZoneInfo, available_timezones

import pytest

from offers.slots import Store, is_open, moment, opening, window
from tests.offers.wall_walk import A_DAY, MINUTE, OLD, Change, Walk, changes, every_name

PARTS = 5
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INSTANT = timedelta(microseconds=1)
QUEUE = timedelta(minutes=25)
STARTS = [*((n, 45) for n in range(0, 1440, 30)), *((n, 150) for n in range(10, 1440, 110))]
"""(minute of the day, minutes) of windows."""


@dataclass(frozen=True)
class Case:
    """A store, with what its hours and closed days mean written out: minutes from midnight on, and dates."""

    store: Store
    begins: int
    ends: int
    closed: frozenset[date]

    def bounds(self, day: date) -> tuple[datetime, datetime] | None:
        """The wall times between which the opening of a day lies."""
        return None if day in self.closed else (wall_at(day, self.begins), wall_at(day, self.ends))

    def painted(self, scene: "Scene") -> list[datetime | None]:
        """For each minute of wall time of a scene, the opening time of the opening that holds it."""
        minutes: list[datetime | None] = [None] * (8 * 1440)
        for n in range(6):
            bounds = self.bounds(scene.base.date() + n * A_DAY)
            if bounds:
                low, high = (scene.place(wall) for wall in bounds)
                minutes[low:high] = [bounds[0]] * (high - low)
        return minutes


def wall_at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + minute * MINUTE


class Scene:
    """The days around one change in one zone: the clock as it was read there, and stores to put there."""

    def __init__(self, key: tuple[Change, ...], zone: str):
        low, high = key[0].walls
        middle, day = key[0].at.replace(second=0), low.date()
        self.days = (day - A_DAY, day, day + A_DAY)
        self.base = wall_at(day - 3 * A_DAY, 0)
        # Until whatever begins on the last day has ended.
        self.walk = Walk(ZoneInfo(zone), middle - 2.2 * A_DAY, middle + 3.2 * A_DAY, tuple(one.at for one in key))
        first, last = (bisect_left(self.walk.highs, wall_at(self.days[0], n * 1440)) for n in (0, 3))
        walk = self.walk
        places = [self.place(wall) for wall in walk.walls[first:last]]
        highs = [*accumulate(places, max)]
        self.minutes = [(*one, one[1] < one[2]) for one in zip(walk.ticks[first:last], places, highs, strict=True)]
        """(tick, place of what the clock reads, place of the latest it has read, whether it is repeating itself)."""
        # Where nothing is skipped or repeated, or a whole day is, some hour is looked at.
        length = (high - low) // MINUTE
        first = low.hour * 60 + low.minute
        self.cases = cases(zone, day, first, first + (length if 0 < length < 1200 else 60))

    def place(self, wall: datetime) -> int:
        """The number of a minute of wall time."""
        return (wall - self.base) // MINUTE


def cases(zone: str, day: date, low: int, high: int) -> list[Case]:
    """Hours that begin, end and lie before, in and after the minutes [low, high) of a day that a clock skips or repeats."""
    half = (low + high) // 2
    hours = [
        None, (420, 1140), (1080, 1560), (half, half + 480), (half - 480, half), (low, high), (half - 10, half + 10),
        (high, high + 300), (low - 300, low), (high - 300, high), (low, low + 300), (0, 1440), (half + 60, half + 1430),
    ]  # fmt: skip
    every_week = frozenset(day + timedelta(days=n) for n in (-7, 0, 7))
    closed = [
        ("", frozenset()), (day.isoformat(), frozenset({day})), (WEEKDAYS[day.weekday()], every_week),
        (f"{day - A_DAY} {day + A_DAY}", frozenset({day - A_DAY, day + A_DAY})),
    ]  # fmt: skip
    made = []
    for (text, days), span in product(closed, hours):
        begins, ends = span or (0, 1440)
        begins, ends = begins % 1440, begins % 1440 + ends - begins
        clock = (None, None) if span is None else (begins, 1440 if ends == 1440 else ends % 1440)
        made.append(Case(Store("s", zone, *clock, text), begins, ends, days))
    return made


def check_openings(scene: Scene, reached: Counter) -> None:
    """Every case's opening begins when the clock first reads its opening time or later, and ends so too."""
    walk = scene.walk
    painted = {case: case.painted(scene) for case in scene.cases}
    for case, day in product(scene.cases, scene.days):
        bounds, found = case.bounds(day), opening(case.store, day)
        if bounds is None:
            reached["closed day"] += 1
            assert found is None
            continue
        begin, end = (walk.first(wall) for wall in bounds)
        assert found == ((begin, end) if begin < end else None), (case, day)
        reached["opening" if found else "swallowed opening"] += 1
        if found:
            # Half-open, to the instant, but where another opening meets this one.
            before, after = walk.latest(begin, before=True), walk.latest(end)
            met = [painted[case][scene.place(high)] is not None for high in (before, after)]
            assert [is_open(case.store, at) for at in (begin - INSTANT, begin, end - INSTANT, end)] == [
                met[0], True, True, met[1]
            ], (case, day)  # fmt: skip


def check_minutes(scene: Scene, case: Case, reached: Counter) -> None:
    """A store is open as the latest time its clock has read says, in every minute, and as it reads now unless it repeats."""
    painted, shut_at, was_open = case.painted(scene), None, False
    for tick, wall, high, repeating in scene.minutes:
        wanted, reads_open = painted[high] is not None, painted[wall] is not None
        assert is_open(case.store, tick) is wanted, (case, tick)
        assert wanted is reads_open or repeating
        reached[wanted, reads_open] += 1
        if wanted:
            shut_at, was_open = None, True
        elif was_open:
            shut_at = shut_at or tick
            if tick < shut_at + 2 * QUEUE:
                assert is_open(case.store, tick, QUEUE) is (tick < shut_at + QUEUE), (case, tick)
                reached["queue"] += 1


def check_windows(scene: Scene, case: Case, reached: Counter) -> None:
    """Windows are what the clock reads between two times, cut at closing; none holds a moment outside the hours."""
    walk, painted = scene.walk, case.painted(scene)
    outside = [tick for tick, wall, high, _ in scene.minutes if is_outside(painted, wall, high, scene)]
    repeats = [tick for tick, _, _, repeating in scene.minutes if repeating]
    for day, (minute, length) in product(scene.days, STARTS):
        start, found = wall_at(day, minute), window(case.store, day, minute, length)
        place = scene.place(start)
        opened = painted[place]
        if opened is None:
            assert found is None, (case, day, minute)
            reached["shut"] += 1
            continue
        n = 1
        # Around the clock means that openings join up; other openings that meet don't.
        while n < length and (painted[place + n] == opened or (case.store.opens is None and painted[place + n])):
            n += 1
        reached["cut"] += n < length
        begin, end = walk.first(start), walk.first(start + n * MINUTE)
        assert found == ((begin, end) if begin < end else None), (case, day, minute, length)
        # Empty only inside a gap: the clock reads no time of it.
        assert (found is not None) is walk.reads(start, start + n * MINUTE)
        reached["window" if found else "swallowed window"] += 1
        if found:
            begin, end = found
            assert bisect_left(outside, begin) == bisect_left(outside, end), (case, day, minute, length)
            reached["repeated"] += bisect_left(repeats, begin) < bisect_left(repeats, end)


def is_outside(painted: list[datetime | None], wall: int, high: int, scene: Scene) -> bool:
    """Whether a clock reads a time outside the hours or on a closed day, and the DST rule doesn't allow for it: it may read
    a time before the opening time once it has been set back to there after the opening began."""
    opened = painted[high]
    return painted[wall] is None and (opened is None or wall >= scene.place(opened))


def check_neighbours(scene: Scene, case: Case, reached: Counter) -> None:
    """Windows of a quarter of an hour one after the other fill an opening."""
    for day in scene.days:
        found = opening(case.store, day)
        if found is not None:
            steps = range(case.begins, case.ends, 15)
            parts = [window(case.store, day + n // 1440 * A_DAY, n % 1440, min(15, case.ends - n)) for n in steps]
            reached["swallowed neighbour"] += parts.count(None)
            there = [one for one in parts if one is not None]
            assert (there[0][0], there[-1][1]) == found, (case, day)
            assert all(a[1] == b[0] for a, b in pairwise(there)), (case, day)


@pytest.mark.parametrize("number", range(PARTS))
def test_around_every_change_of_every_clock(number):
    reached = Counter()
    for n, (key, names) in list(enumerate(changes().items()))[number::PARTS]:
        scene = Scene(key, names[0])
        check_openings(scene, reached)
        # Two cases for the costly checks, one where no clock is moved or only leap seconds are new; others each time.
        costly = 1 if names[0].startswith("right/") or key[0].before == key[0].after else 2
        for case in Random(n).sample(scene.cases, costly):
            check_minutes(scene, case, reached)
            check_windows(scene, case, reached)
            check_neighbours(scene, case, reached)
    assert len(reached) == 14, reached
    assert min(reached.values()) > 5, reached


def test_no_zone_is_left_out():
    names = set(chain.from_iterable(changes().values()))
    assert names == set(every_name()) >= available_timezones()
    moved = {one for key in changes() for one in key if one.before != one.after}
    assert len(moved) > 250
    assert {60, -60, 30, -30, 120, -120, 1440} <= {(one.after - one.before) // MINUTE for one in moved}
    days = {key[0].walls[0].date() for key in changes()}
    assert days >= {date(2024, 2, 29), date(2028, 2, 29)}
    assert {key[0].at.year for key in changes()} >= {*range(2024, 2029), *(day.year for _, day in OLD)}


def test_zones_of_one_key_have_one_clock():
    # One zone stands for all of its key: each reads wall times around the change as that one does.
    for key, names in changes().items():
        low, high = key[0].walls
        for n in (-1441, -61, -1, 0, 1, 29, 61, 1441):
            wall = (low if n < 30 else high) + n * MINUTE
            assert len({moment(ZoneInfo(name), wall.date(), wall.hour * 60 + wall.minute) for name in names}) == 1
