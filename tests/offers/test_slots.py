from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from offers import clocks
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
    opening,
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


def test_clocks_are_told_by_one_module():
    assert (moment, zone_of, is_quiet) == (clocks.moment, clocks.zone_of, clocks.is_quiet)


def test_clock_is_the_inverse():
    assert all(minute_of(clock(minute)) == minute for minute in range(DAY + 1))


DAYTIME, NIGHT = Store("d", "America/New_York", 420, 1140), Store("n", "America/New_York", 1080, 120)
ALWAYS = Store("a", "America/New_York")


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


FRIDAY = date(2026, 12, 25)


def wall(text, zone=NEW_YORK):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("store", "text", "found"),
    [
        # By day: the closed day alone.
        (DAYTIME, "2026-12-24T18:59", True), (DAYTIME, "2026-12-25T12:00", False), (DAYTIME, "2026-12-26T07:00", True),
        # Past midnight: Thursday's opening runs on into the closed Friday, Friday's never begins, not even after midnight.
        (NIGHT, "2026-12-25T01:59:59", True), (NIGHT, "2026-12-25T02:00", False), (NIGHT, "2026-12-25T18:00", False),
        (NIGHT, "2026-12-26T01:59", False), (NIGHT, "2026-12-26T18:00", True), (NIGHT, "2026-12-27T00:30", True),
        # Around the clock: from 00:00 to 24:00.
        (ALWAYS, "2026-12-24T23:59:59", True), (ALWAYS, "2026-12-25T00:00", False),
        (ALWAYS, "2026-12-25T23:59:59", False), (ALWAYS, "2026-12-26T00:00", True),
        # Opening at 24:00 is opening at the next day's 00:00, and belongs to that day.
        (Store("e", "America/New_York", 1440, 120), "2026-12-25T00:00", False),
        (Store("e", "America/New_York", 1440, 120), "2026-12-26T01:59", True),
        (Store("e", "America/New_York", 1440, 120), "2026-12-26T02:00", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("days", ["2026-12-25", "friday"])
def test_an_opening_belongs_to_the_day_it_begins_on(store, text, found, days):
    assert is_open(replace(store, closed_days=days), wall(text)) is found
    assert is_open(store, wall(text)) or not found


def test_windows_around_a_closed_day():
    day = timedelta(days=1)
    shut = replace(DAYTIME, closed_days="2026-12-25")
    assert window(shut, FRIDAY, 480, 120) is None
    assert window(shut, FRIDAY - day, 480, 120) == window(DAYTIME, FRIDAY - day, 480, 120)
    # A window of an opening from the evening before is cut at its closing time, one of the evening is none.
    night = replace(NIGHT, closed_days="2026-12-25")
    assert window(night, FRIDAY, 60, 120) == (wall("2026-12-25T01:00"), wall("2026-12-25T02:00"))
    assert window(night, FRIDAY - day, 1380, 600) == (wall("2026-12-24T23:00"), wall("2026-12-25T02:00"))
    assert window(night, FRIDAY, 1380, 120) is window(night, FRIDAY + day, 60, 30) is None
    # Around the clock: cut at midnight before the closed day only.
    always = replace(ALWAYS, closed_days="2026-12-25")
    assert window(always, FRIDAY - day, 1380, 120) == (wall("2026-12-24T23:00"), wall("2026-12-25T00:00"))
    assert window(always, FRIDAY - 2 * day, 1380, 120) == (wall("2026-12-23T23:00"), wall("2026-12-24T01:00"))
    assert window(always, FRIDAY, 0, 60) is None


def test_open_hours_of_a_closed_day_and_of_its_neighbours():
    night = replace(NIGHT, closed_days="2026-12-25")
    hours = [
        [hour for hour, is_it in enumerate(open_hours(night, FRIDAY + timedelta(days=n))) if is_it]
        for n in (-1, 0, 1, 2)
    ]
    assert hours == [[0, 1, *range(18, 24)], [0, 1], [*range(18, 24)], [0, 1, *range(18, 24)]]
    assert open_hours(night) == open_hours(NIGHT) == open_hours(NIGHT, FRIDAY)
    always = Store("a", "UTC", closed_days="friday")
    assert [sum(open_hours(always, FRIDAY + timedelta(days=n))) for n in (-1, 0, 1)] == [24, 0, 24]
    for store in (night, always, replace(DAYTIME, closed_days="friday saturday")):
        for day in (FRIDAY + timedelta(days=n) for n in range(-2, 3)):
            whole = [window(store, day, hour * 60, 60) for hour in range(24)]
            assert open_hours(store, day) == [w is not None and w[1] - w[0] == timedelta(hours=1) for w in whole]


def test_the_opening_of_a_day():
    assert opening(DAYTIME, PLAIN) == (at("2025-11-04T12:00Z"), at("2025-11-05T00:00Z"))
    assert opening(NIGHT, PLAIN) == (at("2025-11-04T23:00Z"), at("2025-11-05T07:00Z"))
    assert opening(ALWAYS, FOLD) == (at("2025-11-02T04:00Z"), at("2025-11-03T05:00Z"))
    assert opening(replace(DAYTIME, closed_days="tuesday"), PLAIN) is None
    assert opening(Store("g", "America/New_York", 125, 170), GAP) is None


@pytest.mark.parametrize(
    ("opens", "closes", "text", "found"),
    [
        # 01:00 to 02:00 comes twice, from 05:00 and from 06:00 UTC. Closing at the first 01:30, for good.
        (1080, 90, "05:29:59", True), (1080, 90, "05:30", False), (1080, 90, "06:15", False), (1080, 90, "06:45", False),
        # Opening at the first 01:30, and open while the clock reads 01:00 to 01:30 again.
        (90, 600, "05:29:59", False), (90, 600, "05:30", True), (90, 600, "06:15", True), (90, 600, "06:45", True),
        # Hours that hold all of the repeated hour, or end with it, are open twice.
        (1080, 120, "05:30", True), (1080, 120, "06:59:59", True), (1080, 120, "07:00", False),
        (60, 120, "05:00", True), (60, 120, "06:59:59", True), (60, 120, "04:59:59", False),
        (120, 600, "06:59:59", False), (120, 600, "07:00", True),
    ],
)  # fmt: skip
def test_a_clock_set_back_neither_closes_nor_opens_a_store(opens, closes, text, found):
    assert is_open(Store("s", "America/New_York", opens, closes), at(f"2025-11-02T{text}Z")) is found


def test_a_clock_set_back_over_midnight():
    # In 2010 Newfoundland's clocks went from Sunday 00:01 back to Saturday 23:01. Sunday had begun, and so had its openings.
    early = Store("s", "America/St_Johns", 0, 120)
    assert local_day(early, at("2010-11-07T03:00Z")) == date(2010, 11, 6)
    assert [is_open(early, at(f"2010-11-07T0{text}Z")) for text in ("2:29", "2:30", "3:00", "5:29", "5:30")] == [
        False, True, True, True, False
    ]  # fmt: skip
    assert not is_open(replace(early, closed_days="sunday"), at("2010-11-07T03:00Z"))


@pytest.mark.parametrize(
    ("text", "minutes", "found"),
    [
        ("19:00", 0, False), ("19:00", 10, True), ("19:09:59.999999", 10, True), ("19:10", 10, False), ("18:59", 0, True),
        ("06:59:59", 10, False), ("07:00", 10, True), ("00:10", 311, True), ("00:10", 310, False), ("06:00", 1440, True),
    ],
)  # fmt: skip
def test_grace_is_for_the_queue_at_closing_time(text, minutes, found):
    assert is_open(DAYTIME, wall(f"2025-11-04T{text}"), timedelta(minutes=minutes)) is found


def test_grace_reaches_over_days_but_never_out_of_a_closed_day():
    shut = replace(DAYTIME, closed_days="2026-12-24 2026-12-25")
    assert is_open(shut, wall("2026-12-26T06:59"), timedelta(hours=60))
    assert not is_open(shut, wall("2026-12-26T06:59"), timedelta(hours=59))
    always = replace(ALWAYS, closed_days="2026-12-25")
    assert is_open(always, wall("2026-12-25T00:04:59"), timedelta(minutes=5))
    assert not is_open(always, wall("2026-12-25T00:05"), timedelta(minutes=5))
    # By elapsed time, whatever the clock does: the first 01:30 is half an hour before the second 01:00.
    late = Store("s", "America/New_York", 1080, 90)
    assert is_open(late, at("2025-11-02T06:00Z"), timedelta(minutes=31))
    assert not is_open(late, at("2025-11-02T06:00Z"), timedelta(minutes=30))
    # An opening that a gap swallows leaves no queue.
    assert not is_open(Store("g", "America/New_York", 125, 170), at("2025-03-09T07:05Z"), timedelta(minutes=10))


def test_a_store_with_bad_closed_days_is_told_so():
    with pytest.raises(ValueError, match="is no closed day"):
        is_open(replace(DAYTIME, closed_days="sun"), at("2025-11-04T12:00Z"))


def test_a_store_is_a_row_that_a_row_makes_again():
    shut = replace(NIGHT, closed_days="sunday")
    assert list(asdict(shut)) == ["store_id", "timezone", "opens", "closes", "closed_days"]
    assert Store(**asdict(shut)) == shut
    assert NIGHT.closed_days == ""


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
