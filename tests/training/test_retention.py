"""What was kept long enough: both sides of the edge, and nothing more to do the second time."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from tests import world
from training.lake import read_events
from training.retention import drop_snapshots, unname

DAY = datetime(2025, 11, 3, tzinfo=UTC)


def test_old_lines_are_nobodys_and_all_sales_stay(tmp_path):
    lake = tmp_path / "lake"
    world.fill(lake)
    before = read_events(lake).collect()
    assert unname(lake, DAY + timedelta(hours=23)) == before.filter(pl.col.occurred_at < DAY)["user_id"].count()
    after = read_events(lake).collect().sort("event_id")
    assert after.drop("user_id").equals(before.sort("event_id").drop("user_id"))
    assert after.filter(pl.col.occurred_at < DAY)["user_id"].count() == 0
    young = (pl.col.occurred_at >= DAY, "user_id")
    assert after.filter(young[0])["user_id"].equals(before.sort("event_id").filter(young[0])["user_id"])
    assert unname(lake, DAY + timedelta(hours=23)) == 0


def test_old_snapshots_go_but_the_newest(tmp_path):
    file = tmp_path / "user_profile.parquet"
    moments = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    pl.DataFrame({"user_id": ["a", "b", "c"], "event_timestamp": moments}).write_parquet(file)
    assert drop_snapshots(file, DAY) == 0
    assert drop_snapshots(file, DAY + timedelta(microseconds=1)) == 1
    assert (drop_snapshots(file, DAY + timedelta(days=9)), drop_snapshots(file, DAY + timedelta(days=9))) == (1, 0)
    assert pl.read_parquet(file)["user_id"].to_list() == ["c"]
    assert drop_snapshots(tmp_path / "none.parquet", DAY) == 0


@pytest.mark.filterwarnings("error")
def test_a_file_of_no_rows_has_nothing_old_and_nothing_to_warn_of(tmp_path):
    file = tmp_path / "user_reviews.parquet"
    pl.DataFrame(schema={"user_id": pl.String, "event_timestamp": pl.Datetime("us", "UTC")}).write_parquet(file)
    assert drop_snapshots(file, DAY) == 0
