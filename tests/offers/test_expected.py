from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models.when import When
from offers.errors import PlanError
from offers.expected import NO_MODEL, expect, first_unseen_day
from offers.slots import Store, closed_days_of
from tests.models import when_world
from tests.models.when_world import TODAY
from tests.offers.visit_file import NAMES, four, row, write

WHEN = When.from_arrays(when_world.arrays(), when_world.parameters(), "v")
AT = datetime(2017, 11, 29, 23, tzinfo=UTC)  # 18:00 in New York, on the day before TODAY
NOW = AT + timedelta(hours=1)
FRIDAY = date(2017, 12, 1)
CLOCKS = {name: Store(name, "America/New_York", 360, 1320) for name in ("s0", "s1")}
USUAL = {"nobody": "s0", "once": "s0", "monday": "s0", "evening": "s1"}
OPEN = (np.arange(24) >= 6) & (np.arange(24) < 22)


def asked(features, usual=None, day=FRIDAY, now=NOW, when=WHEN):
    return expect(features, when, USUAL if usual is None else usual, CLOCKS, day, now)


def test_all_users_are_told_what_the_model_tells_of_them(tmp_path):
    found, known = asked(write(tmp_path, four(AT))), when_world.visits()
    chance = WHEN.visit_chance(known, TODAY, 2)[:, 1]
    habits = WHEN.habits(known, TODAY, np.array([0, 0, 0, 1]))
    density = WHEN.slot_density(habits, np.full(4, TODAY + 1), np.tile(OPEN, (4, 1)))
    for n, user in enumerate(NAMES):
        assert found.of(user).chance == chance[n]
        np.testing.assert_allclose(found.of(user).density, density[n], atol=1e-7)
        assert not found.of(user).density[~OPEN].any()
        assert found.of(user).density.sum() == pytest.approx(1, abs=1e-5)
    assert found.notes == ("visits by when v: own_visits 2, few_visits 1, no_visits 1",)


def test_blocks_change_nothing(tmp_path, monkeypatch):
    features = write(tmp_path, four(AT))
    whole = asked(features)
    monkeypatch.setattr("offers.visit_blocks.BLOCK", 1)
    for user in NAMES:
        assert asked(features).of(user).chance == whole.of(user).chance
        np.testing.assert_array_equal(asked(features).of(user).density, whole.of(user).density)


def test_without_a_model_nothing_is_read(tmp_path):
    found = asked(tmp_path, when=None)
    assert (found.of("monday"), found.notes) == (None, (NO_MODEL,))
    with pytest.raises(PlanError, match=r"user_visits.parquet: not there; run daypart features first"):
        asked(tmp_path)


def test_who_has_no_snapshot_or_an_old_one_is_counted_and_told(tmp_path):
    old = AT - timedelta(days=13)
    rows = [row("old", old, [(TODAY - 30, 8, "s0")]), row("late", NOW + timedelta(1), []), *four(AT)]
    usual = {**USUAL, "old": "s0", "late": "s0", "unseen": "s0", "elsewhere": "s9", "lost": None}
    found = asked(write(tmp_path, rows), usual, now=NOW)
    assert [found.of(user) for user in ("old", "late", "unseen", "elsewhere", "lost")] == [None] * 5
    assert found.notes[0].endswith("no_visits 1; by counted rates: no_snapshot 2, old_snapshot 1")
    # A day earlier the same snapshot is just young enough.
    assert asked(tmp_path, usual, FRIDAY - timedelta(1)).of("old") is not None


def test_a_visit_on_the_day_of_the_plan_is_left_out(tmp_path):
    visits = [(TODAY - 7 * back, 8, "s0") for back in range(6, 0, -1)]
    features = write(tmp_path, [row("came", AT, [*visits, (TODAY - 1, 9, "s0")]), row("not", AT, visits)])
    both = {"came": "s0", "not": "s0"}
    today = asked(features, both, date(2017, 11, 29))
    assert today.of("came").chance == today.of("not").chance
    later = asked(features, both)
    assert later.of("came").chance != later.of("not").chance


def test_visits_that_cannot_be_are_a_plan_error(tmp_path):
    features = write(tmp_path, [row("monday", AT, [(1, 24, "s0")])])
    with pytest.raises(PlanError, match=r"user_visits.parquet: visits: an hour is not 0 to 23; run daypart features"):
        asked(features)


SECOND = timedelta(seconds=1)
OPENED = datetime(2017, 11, 29, 11, tzinfo=UTC)  # six o'clock in New York
MIDNIGHT = datetime(2017, 11, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "changes", "day"),
    [
        (OPENED, {}, TODAY - 1),
        (OPENED + SECOND, {}, TODAY),
        (MIDNIGHT, {}, TODAY),
        (MIDNIGHT + SECOND, {}, TODAY),
        (MIDNIGHT + SECOND, {"opens": None, "closes": None}, TODAY + 1),
        (MIDNIGHT, {"opens": None, "closes": None}, TODAY),
        (OPENED - SECOND, {"closed_days": closed_days_of("2017-11-29")}, TODAY),
        (OPENED - SECOND, {"timezone": "UTC"}, TODAY),
    ],
)
def test_a_day_is_seen_once_the_store_has_opened(at, changes, day):
    store = Store(**{"store_id": "s", "timezone": "America/New_York", "opens": 360, "closes": 1320, **changes})
    assert first_unseen_day(store, at, FRIDAY) == day
    assert first_unseen_day(store, at, date(2017, 11, 29)) == TODAY - 1
