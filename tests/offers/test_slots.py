from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from offers.slots import (
    DAY,
    Store,
    clock,
    closing,
    is_open,
    is_quiet,
    local_day,
    minute_of,
    moment,
    open_hours,
    send_moment,
    window,
    zone_of,
)

NEW_YORK = ZoneInfo("America/New_York")
GAP, FOLD = date(2025, 3, 9), date(2025, 11, 2)
PLAIN = date(2025, 11, 4)


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("day", "minute", "utc"),
    [
        (PLAIN, 8 * 60, "2025-11-04T13:00+00:00"),
        (PLAIN, DAY, "2025-11-05T05:00+00:00"),
        (PLAIN, DAY + 90, "2025-11-05T06:30+00:00"),
        (GAP, 119, "2025-03-09T06:59+00:00"),
        # 02:00 to 03:00 is skipped: all of it is the first moment after, 03:00.
        (GAP, 120, "2025-03-09T07:00+00:00"),
        (GAP, 150, "2025-03-09T07:00+00:00"),
        (GAP, 179, "2025-03-09T07:00+00:00"),
        (GAP, 180, "2025-03-09T07:00+00:00"),
        (GAP, 181, "2025-03-09T07:01+00:00"),
        # 01:00 to 02:00 comes twice: the first.
        (FOLD, 60, "2025-11-02T05:00+00:00"),
        (FOLD, 119, "2025-11-02T05:59+00:00"),
        (FOLD, 120, "2025-11-02T07:00+00:00"),
    ],
)
def test_moments(day, minute, utc):
    assert moment(NEW_YORK, day, minute) == at(utc)


def test_a_gap_of_a_whole_day_and_one_of_half_an_hour():
    # Samoa had no 2011-12-30; Lord Howe moves its clocks by half an hour.
    apia = ZoneInfo("Pacific/Apia")
    assert moment(apia, date(2011, 12, 30), 600) == moment(apia, date(2011, 12, 31), 0)
    howe = ZoneInfo("Australia/Lord_Howe")
    assert moment(howe, date(2025, 10, 5), 135) == moment(howe, date(2025, 10, 5), 150)
    assert moment(howe, date(2025, 10, 5), 151) - moment(howe, date(2025, 10, 5), 150) == timedelta(minutes=1)


@pytest.mark.parametrize("zone", sorted(available_timezones() & {
    "America/New_York", "America/St_Johns", "Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/London",
    "Africa/Casablanca", "America/Santiago", "Asia/Beirut", "Pacific/Chatham", "Pacific/Apia", "UTC",
}))  # fmt: skip
def test_neighbouring_windows_meet_on_every_day_of_a_year(zone):
    store, day = Store("s", zone), date(2025, 1, 1)
    ends = moment(store.zone, day, 0)
    while day < date(2026, 1, 1):
        for minute in range(0, DAY, 60):
            found = window(store, day, minute, 60)
            if found is not None:  # an hour that is skipped has no window
                assert found[0] == ends
                ends = found[1]
        day += timedelta(days=1)
    assert ends == moment(store.zone, day, 0)


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("8:05", 485), ("08:05", 485), ("23:59", 1439),
                                              ("24:00", 1440), (" 07:00 ", 420), ("07:00:00", 420), (None, None)])  # fmt: skip
def test_minutes(text, minute):
    assert minute_of(text) == minute


@pytest.mark.parametrize("text", ["", "8", "24:01", "12:60", "-1:00", "aa:bb", "12:5", "12.30", "٣:00x"])
def test_what_is_no_time_of_day(text):
    with pytest.raises(ValueError, match="write HH:MM"):
        minute_of(text)


def test_clock_is_the_inverse():
    assert all(minute_of(clock(minute)) == minute for minute in range(DAY + 1))


DAYTIME, NIGHT = Store("d", "America/New_York", 420, 1140), Store("n", "America/New_York", 1080, 120)


@pytest.mark.parametrize(
    ("store", "minute", "end"),
    [
        (DAYTIME, 419, None), (DAYTIME, 420, 1140), (DAYTIME, 1139, 1140), (DAYTIME, 1140, None),
        (NIGHT, 119, 120), (NIGHT, 120, None), (NIGHT, 1079, None), (NIGHT, 1080, DAY + 120), (NIGHT, 0, 120),
        (Store("a", "UTC"), 0, 2 * DAY), (Store("a", "UTC", 480, 480), 0, 2 * DAY), (Store("a", "UTC", 0, 1440), 1439, 1440),
        (Store("a", "UTC", 480, None), 0, 2 * DAY),
    ],
)  # fmt: skip
def test_closing(store, minute, end):
    assert closing(store, minute) == end


@pytest.mark.parametrize(
    ("text", "found"),
    [("2025-11-04T06:59:59-05:00", False), ("2025-11-04T07:00-05:00", True), ("2025-11-04T18:59:59-05:00", True),
     ("2025-11-04T19:00-05:00", False), ("2025-11-04T12:00+00:00", True), ("2025-11-04T11:59+00:00", False)],
)  # fmt: skip
def test_is_open_by_the_stores_wall_clock(text, found):
    assert is_open(DAYTIME, at(text)) is found


def test_open_hours_are_whole():
    assert [hour for hour, is_it in enumerate(open_hours(DAYTIME)) if is_it] == list(range(7, 19))
    assert [hour for hour, is_it in enumerate(open_hours(NIGHT)) if is_it] == [0, 1, *range(18, 24)]
    half = Store("h", "UTC", 7 * 60 + 30, 9 * 60 + 30)
    assert [hour for hour, is_it in enumerate(open_hours(half)) if is_it] == [8]
    assert sum(open_hours(Store("a", "UTC", 0, 1440))) == 24
    assert sum(open_hours(Store("q", "UTC", 30, 45))) == 0


@pytest.mark.parametrize(
    ("store", "minute", "length"),
    [(DAYTIME, 480, 120), (DAYTIME, 1080, 60), (DAYTIME, 1139, 1), (NIGHT, 1380, 120), (NIGHT, 60, 60)],
)
def test_a_window_is_cut_at_closing(store, minute, length):
    begin, end = window(store, PLAIN, minute, 120)
    assert (begin, end - begin) == (moment(NEW_YORK, PLAIN, minute), timedelta(minutes=length))


def test_no_window_while_closed_or_inside_a_gap():
    assert window(DAYTIME, PLAIN, 1140, 60) is None
    assert window(Store("s", "America/New_York"), GAP, 120, 60) is None
    assert window(Store("s", "America/New_York"), FOLD, 60, 60) == (at("2025-11-02T05:00Z"), at("2025-11-02T07:00Z"))


@pytest.mark.parametrize(
    ("minute", "span", "found"),
    [(1259, (1260, 480), False), (1260, (1260, 480), True), (0, (1260, 480), True), (479, (1260, 480), True),
     (480, (1260, 480), False), (700, (600, 720), True), (720, (600, 720), False), (300, (300, 300), False)],
)  # fmt: skip
def test_quiet(minute, span, found):
    assert is_quiet(minute, span) is found


QUIET = (21 * 60, 8 * 60)
EIGHT = moment(NEW_YORK, PLAIN, 480)


@pytest.mark.parametrize(
    ("now", "days", "minute", "sent"),
    [
        ("2025-11-01T12:00Z", 1, 18 * 60, "2025-11-03T18:00-05:00"),
        ("2025-11-01T12:00Z", 0, 6 * 60, None),  # quiet until eight, which is when it begins
        ("2025-11-03T19:30-05:00", 1, 18 * 60, "2025-11-03T19:30-05:00"),
        ("2025-11-03T20:59:59-05:00", 1, 18 * 60, "2025-11-03T20:59:59-05:00"),
        ("2025-11-03T21:00-05:00", 1, 18 * 60, None),
        ("2025-11-02T23:00-05:00", 2, 18 * 60, "2025-11-03T08:00-05:00"),
        ("2025-11-03T02:00-05:00", 2, 18 * 60, "2025-11-03T08:00-05:00"),
        ("2025-11-04T08:00-05:00", 1, 18 * 60, None),
        ("2025-11-09T08:00-05:00", 1, 18 * 60, None),
        ("2025-11-01T12:00Z", 3, 18 * 60, "2025-11-01T18:00-04:00"),  # before the clocks go back
    ],
)
def test_send_moment(now, days, minute, sent):
    found = send_moment(NEW_YORK, EIGHT, at(now), days, minute, QUIET)
    assert found == (None if sent is None else at(sent))


def test_local_day():
    assert local_day(DAYTIME, at("2025-11-04T04:59Z")) == date(2025, 11, 3)
    assert local_day(DAYTIME, at("2025-11-04T05:00Z")) == date(2025, 11, 4)


def test_a_zone_that_is_none_is_named():
    for name in ("Nowhere/Land", "", "../etc", "EST5\0"):
        with pytest.raises(ValueError, match="not an IANA time zone"):
            zone_of(name)
    assert Store("s", "UTC").zone.utcoffset(datetime(2025, 1, 1, tzinfo=UTC)) == timedelta(0)
