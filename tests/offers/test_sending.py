"""When a message may go: one offer of soho, sent at 18:00 in New York for 8:00 to 10:00 the next morning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from offers.sending import Sendable, Sending, after_quiet, lost, next_moment, verdict
from offers.slots import Store
from tests.offers.desk_world import FROM, SEND, SOHO, TICK, UNTIL

ZONE = ZoneInfo("America/New_York")
NIGHT = (21 * 60, 8 * 60)
OFFER = Sendable(SEND, FROM, UNTIL, None, SOHO, NIGHT)
SENDING = Sending(lease_s=300, per_day=2, gap_s=3600)


def at(text):
    """A moment by soho's clock: "3 18:00" is 18:00 of 3 November 2025."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2025-11-{int(day):02d}T{clock}").replace(tzinfo=ZONE)


def said(now, others=(), sending=SENDING, **changes):
    found = verdict(replace(OFFER, **changes), [at(one) for one in others], sending, at(now))
    return found.act, found.why if found.act == "withdraw" else f"{found.at.astimezone(ZONE):%-d %H:%M}"


@pytest.mark.parametrize(
    ("now", "act", "when"),
    [
        ("3 17:00", "send", "3 18:00"),  # handed out ahead: it goes at its own time
        ("3 18:00", "send", "3 18:00"),
        ("3 20:59", "send", "3 20:59"),
        ("3 21:00", "wait", "4 08:00"),  # pulled late, in quiet time: held until it ends
        ("4 07:59", "wait", "4 08:00"),
        ("4 08:00", "send", "4 08:00"),
        ("4 09:59", "send", "4 09:59"),
        ("4 10:00", "withdraw", "expired"),
    ],
)
def test_quiet_time_by_the_stores_clock(now, act, when):
    assert said(now) == (act, when)


def test_quiet_time_that_outlasts_the_window():
    assert said("3 21:00", valid_until=at("4 08:00")) == ("withdraw", "expired")
    assert said("3 21:00", valid_until=at("4 08:00") + TICK) == ("wait", "4 08:00")
    assert said("3 21:00", quiet=None) == ("send", "3 21:00")
    assert said("3 21:00", quiet=(0, 0)) == ("send", "3 21:00")


@pytest.mark.parametrize(
    ("others", "act", "when"),
    [
        ((), "send", "3 18:00"),
        (("3 17:00",), "send", "3 18:00"),
        (("3 17:01",), "wait", "3 18:01"),
        (("3 18:59",), "wait", "3 19:59"),  # one that goes later is as near
        (("3 19:00",), "send", "3 18:00"),
        (("3 17:30", "3 18:20"), "wait", "4 08:00"),  # two that day, and then the night
        (("3 08:00", "3 09:00"), "wait", "4 08:00"),
        (("2 08:00", "2 09:00"), "send", "3 18:00"),
        (("3 08:00", "3 09:00", "4 08:30"), "wait", "4 09:30"),
        (("3 08:00", "3 09:00", "4 09:20", "4 08:30"), "withdraw", "limit_reached"),
    ],
)
def test_caps_and_spacing(others, act, when):
    assert said("3 18:00", others) == (act, when)


def test_no_cap_and_no_gap():
    many = ["3 18:00"] * 9
    assert said("3 18:00", many, Sending(per_day=0, gap_s=0)) == ("send", "3 18:00")
    assert said("3 18:00", many[:2], Sending(per_day=3, gap_s=0)) == ("send", "3 18:00")
    assert said("3 18:00", many[:3], Sending(per_day=3, gap_s=0), quiet=None) == ("wait", "4 00:00")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"units": 1}, None),
        ({"units": 0}, "out_of_stock"),
        ({"stopped": True}, "campaign_stopped"),
        ({"store": replace(SOHO, closed_days="2025-11-04")}, "store_closed"),
        ({"store": replace(SOHO, closed_days="2025-11-03")}, None),
        ({"store": replace(SOHO, opens=600)}, "store_closed"),
        ({"store": replace(SOHO, opens=599)}, None),
        ({"store": None}, None),
        ({"valid_until": SEND}, "expired"),
        ({"valid_until": SEND + TICK}, None),
        ({"units": 0, "stopped": True}, "out_of_stock"),
    ],
)
def test_what_cant_be_used_any_more(changes, why):
    assert lost(replace(OFFER, **changes), SEND) == why
    found = verdict(replace(OFFER, **changes), (), SENDING, SEND)
    assert (found.act, found.why) == (("withdraw", why) if why else (found.act, ""))


def test_a_coupon_at_a_till_waits_for_it():
    assert said("3 18:00", held_until=at("3 18:05")) == ("wait", "3 18:05")
    assert said("3 18:05", held_until=at("3 18:05")) == ("send", "3 18:05")


def test_a_clock_set_back_begins_no_quiet_time_again():
    # Quiet until 1:30; on 2 November 2025 the hour from one to two comes twice.
    first, second = (datetime(2025, 11, 2, 1, 10, tzinfo=ZONE, fold=fold).astimezone(UTC) for fold in (0, 1))
    quiet = (21 * 60, 90)
    assert after_quiet(first, ZONE, quiet) == first + timedelta(minutes=20)
    assert after_quiet(second, ZONE, quiet) == second


def test_it_ends_whatever_is_in_the_way():
    others = [SEND + timedelta(minutes=n) for n in range(0, 3000, 7)]
    found = next_moment(SEND, ZONE, (8 * 60, 7 * 60), others, Sending(per_day=1, gap_s=86_400))
    assert found > max(others)
    assert found.astimezone(ZONE).hour == 7
    assert Store("x", "UTC") != SOHO
