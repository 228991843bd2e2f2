import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from embedded.filled import Filled
from serving.freshness import age_s, is_stale
from tests.models import checkerboard
from tests.serving.fakes import NOW, known

S, US = timedelta(seconds=1), timedelta(microseconds=1)
AGES = [
    (-3 * S, 3.0),
    (timedelta(0), 0.0),
    (US, 0.0),
    (300 * S, 0.0),
    (300 * S + US, None),
    (timedelta(days=9), None),
    (timedelta(days=-400), 400 * 86_400.0),
]


@pytest.mark.parametrize(("ahead", "age"), AGES)
def test_an_age_is_told_unless_it_lies_further_ahead_than_clocks_differ(ahead, age):
    assert age_s(NOW + ahead, NOW) == age


@pytest.mark.parametrize(
    ("brought_at", "fresh_s", "stale"),
    [
        (NOW - 60 * S, 60, False),
        (NOW - 60 * S - US, 60, True),
        (NOW + S, 60, False),
        (NOW - timedelta(days=400), 0, False),
        (None, 60, False),
    ],
)
def test_what_is_brought_no_more_is_stale(brought_at, fresh_s, stale):
    assert is_stale(brought_at, NOW, fresh_s) == stale


def told(world, **asked):
    meta = world.rank(**asked)["meta"]
    return meta["feature_age_s"], meta["degraded"], meta["fallback"], meta["warnings"]


def counted(world):
    page = world.ask("GET", "/metrics").text
    return float(page.split("\ndaypart_features_ahead_total ")[1].split()[0])


@pytest.mark.parametrize(("ahead", "age"), AGES)
def test_what_is_true_later_than_now_is_told_in_answer_metric_and_a_line_an_episode(world, caplog, ahead, age):
    caplog.set_level(logging.WARNING, "daypart.serving")
    world.online.users["u00"] = known(checkerboard.history(0), as_of=NOW + ahead)
    is_ahead = age is None
    for _ in range(3):
        assert told(world) == (age, False, None, ["features_ahead"] if is_ahead else [])
    assert counted(world) == (3 if is_ahead else 0)
    lines = [line for line in caplog.messages if "later than now" in line]
    assert lines == (
        ["users' features are true later than now, so a clock is wrong: ours, or that of who wrote them: "
         f"by {ahead.total_seconds():.0f} s"] if is_ahead else []
    )  # fmt: skip
    assert "u00" not in "".join(caplog.messages)


def test_a_row_is_as_old_as_the_moment_at_which_all_were_whole(world):
    history, year, hour = checkerboard.history(0), timedelta(days=365), timedelta(hours=1)
    filled = Filled(True, True, NOW - hour, NOW - hour)
    cases = (
        (year, filled, 3600.0),  # who has not bought for a year, in a store that was filled again an hour ago
        (year, Filled(True, True), year.total_seconds()),  # in one that says no moment
        (hour / 60, filled, 60.0),  # who bought since
    )
    for since, stands, age in cases:
        world.online.filled, world.online.users["u00"] = stands, known(history, as_of=NOW - since)
        assert told(world) == (age, False, None, [])
    world.online.filled, world.online.users["u00"] = filled, known(history, as_of=NOW - year)
    assert told(world)[0] == 3600.0
    assert told(world, user_id="nobody") == (None, False, "cold_start", [])
    world.online.down = True
    assert told(world) == (3600.0, True, "last_known", []), "as old as it was known to be"
    assert told(world, user_id="u01") == (None, True, "global_popularity", [])
    world.online.down, world.online.users, world.online.filled = False, {}, Filled(False, True, None, NOW)
    world.parts.gate.look()
    assert told(world, user_id="nobody") == (None, True, "global_popularity", ["history_incomplete"])


def test_a_row_that_was_emptied_meanwhile_is_not_said_to_be_whole(world):
    year = timedelta(days=365)
    world.online.users["u00"] = known(checkerboard.history(0), as_of=NOW - year)
    world.online.filled = Filled(False, True, None, NOW)
    world.parts.gate.look()
    assert told(world) == (year.total_seconds(), True, "last_known", ["history_incomplete"])


def test_when_nobody_brings_features_any_more_it_is_told_to_all_who_rest_on_them(world):
    fresh = timedelta(seconds=world.parts.settings.features_fresh_s)
    assert fresh == timedelta(hours=36)
    for since, warnings in ((fresh, []), (fresh + S, ["stale_features"])):
        world.online.filled = Filled(True, True, NOW, NOW - since)
        # Who bought a moment ago rests on old prices and stock all the same.
        assert told(world) == (0.0, False, None, warnings)
        assert told(world, user_id="nobody") == (None, False, "cold_start", warnings)
        assert told(world, user_id=None, anonymous_id="a", context={"store_id": "s0"})[3] == warnings
        assert told(world, user_id=None, anonymous_id="a") == (None, False, "cold_start", [])
    world.front.parts = replace(world.parts, settings=replace(world.parts.settings, features_fresh_s=0))
    assert told(world)[3] == []
