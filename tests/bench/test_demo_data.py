from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from bench.demo_data import DemoError, claim_home, moved, tables_are_in, weeks_between, write_inputs
from settings import Settings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_moved_data_ends_within_the_week_before_today():
    for day in range(1, 29):
        today = date(2026, 2, day)
        weeks = weeks_between(date(2017, 12, 31), today)
        ends = date.fromordinal(date(2017, 12, 31).toordinal() + 7 * weeks)
        assert 1 <= (today - ends).days <= 7


def test_moving_keeps_the_weekday_and_the_hour_over_daylight_saving():
    winter = datetime(2017, 1, 4, 13, 0, tzinfo=UTC)  # Wednesday 8:00 in New York
    frame = pl.DataFrame({"occurred_at": [winter]})
    later = moved(frame, 26, "America/New_York")["occurred_at"][0]  # July: daylight saving time
    assert later.isoformat() == "2017-07-05T12:00:00+00:00"
    assert later.weekday() == winter.weekday()


def test_a_time_in_the_skipped_hour_goes_behind_the_gap():
    before = datetime(2017, 3, 5, 7, 30, tzinfo=UTC)  # 2:30 in New York, a week before the gap
    later = moved(pl.DataFrame({"occurred_at": [before]}), 1, "America/New_York")["occurred_at"][0]
    assert later.isoformat() == "2017-03-12T07:30:00+00:00"  # 3:30 daylight time


def test_the_demo_never_clears_what_it_did_not_make(tmp_path: Path):
    settings = Settings(home=tmp_path)
    settings.lake.mkdir()
    with pytest.raises(DemoError, match="DAYPART_HOME"):
        claim_home(settings, "cafe", NOW)
    assert settings.lake.exists()


def test_a_second_run_in_the_same_week_keeps_its_tables(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    assert claim_home(settings, "cafe", NOW) is True
    settings.lake.mkdir()
    tables_are_in(settings, "cafe", NOW)
    assert claim_home(settings, "cafe", NOW) is False
    assert claim_home(settings, "cafe", NOW, n_weeks=8) is True
    tables_are_in(settings, "cafe", NOW, n_weeks=8)
    assert claim_home(settings, "cafe", NOW, n_weeks=8) is False
    settings.lake.mkdir()
    assert claim_home(settings, "complete-journey", NOW) is True
    assert not settings.lake.exists()


def test_once_the_lake_has_them_no_file_of_events_is_kept_beside_it(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    claim_home(settings, "cafe", NOW)
    paths, _ = write_inputs(settings, "cafe", NOW)
    tables_are_in(settings, "cafe", NOW)
    assert {name for name, path in paths.items() if not path.exists()} == {"events"}


def test_a_run_cut_short_starts_anew(tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    claim_home(settings, "cafe", NOW)
    settings.lake.mkdir()
    assert claim_home(settings, "cafe", NOW) is True
    assert not settings.lake.exists()
