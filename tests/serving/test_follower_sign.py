import os
from datetime import UTC, datetime, timedelta

from serving.follower_sign import NAME, awaited, left, looked, silent_s

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_the_age_of_its_last_look_is_told(tmp_path):
    assert silent_s(tmp_path, NOW) is None
    looked(tmp_path)
    os.utime(tmp_path / NAME, (NOW.timestamp(),) * 2)
    assert silent_s(tmp_path, NOW + timedelta(seconds=7)) == 7.0
    assert silent_s(tmp_path, NOW - timedelta(hours=1)) == 0.0  # a clock that was put back
    looked(tmp_path)
    assert silent_s(tmp_path, datetime.now(UTC)) < 60
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_one_that_never_came_to_look_is_silent_since_it_was_awaited(tmp_path):
    awaited(tmp_path)
    assert silent_s(tmp_path, datetime.now(UTC)) < 60
    os.utime(tmp_path / NAME, (NOW.timestamp(),) * 2)
    awaited(tmp_path)  # begun again, and still it has not looked
    assert silent_s(tmp_path, NOW + timedelta(minutes=9)) == 540.0
    awaited(tmp_path / "no such home")


def test_one_that_left_for_good_is_not_waited_for(tmp_path):
    looked(tmp_path)
    left(tmp_path)
    left(tmp_path)
    assert silent_s(tmp_path, NOW) is None
    (tmp_path / NAME).mkdir()  # what can't be removed holds up nobody who leaves
    left(tmp_path)
