"""A file per view, snapshots told apart by their moment."""

from datetime import timedelta

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.world import END, MIDDLE
from training.errors import FeatureError
from training.snapshots import latest, replace_snapshot, without


def rows(**values):
    return pl.DataFrame({"user_id": list(values), "n": list(values.values())})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "features" / "user_profile.parquet"


def held(path):
    return [tuple(r) for r in pl.read_parquet(path).select("event_timestamp", "user_id", "n").iter_rows()]


def test_snapshots_stand_beside_each_other_sorted(path):
    replace_snapshot(path, rows(bob=2, ann=1), "user_id", END)
    replace_snapshot(path, rows(ann=0), "user_id", MIDDLE)
    assert held(path) == [(MIDDLE, "ann", 0), (END, "ann", 1), (END, "bob", 2)]
    assert pl.read_parquet_schema(path)["event_timestamp"] == pl.Datetime("us", "UTC")


def test_the_same_moment_is_replaced_whole(path):
    replace_snapshot(path, rows(ann=0), "user_id", MIDDLE)
    replace_snapshot(path, rows(ann=1, bob=2), "user_id", END)
    replace_snapshot(path, rows(ann=9), "user_id", END)
    assert held(path) == [(MIDDLE, "ann", 0), (END, "ann", 9)]


def test_nothing_half_written_is_left(path):
    replace_snapshot(path, rows(ann=1), "user_id", END)
    replace_snapshot(path, rows(ann=2), "user_id", END)
    assert [p.name for p in path.parent.iterdir() if p.suffix == ".parquet"] == [path.name]
    assert [p.name for p in path.parent.glob("*.tmp")] == []


@pytest.mark.parametrize(
    ("through", "moment"), [(END + timedelta(days=9), END), (END, END), (END - timedelta(microseconds=1), MIDDLE)]
)
def test_the_latest_is_the_last_not_after(path, through, moment):
    replace_snapshot(path, rows(ann=1), "user_id", MIDDLE)
    replace_snapshot(path, rows(bob=1, ann=1), "user_id", END)
    assert latest(path, "user_id", through) == (moment, ["ann", "bob"] if moment == END else ["ann"])


def test_a_view_that_may_be_empty_is_nobody_until_somebody_is_there(path):
    replace_snapshot(path, rows(ann=1).clear(), "user_id", MIDDLE)
    # In a file without a row nobody is known, or everybody was forgotten.
    for may_be_empty in (True, False):
        assert latest(path, "user_id", END, may_be_empty) == (END, [])
    replace_snapshot(path, rows(ann=1), "user_id", END)
    assert latest(path, "user_id", END, may_be_empty=True) == (END, ["ann"])
    before = END - timedelta(microseconds=1)
    assert latest(path, "user_id", before, may_be_empty=True) == (before, [])


def test_no_file_no_snapshot_and_damage_are_plain_faults(path):
    with pytest.raises(FeatureError, match="no features yet; run `daypart features` first"):
        latest(path, "user_id", END)
    replace_snapshot(path, rows(ann=1), "user_id", END)
    with pytest.raises(FeatureError, match="no snapshot at or before 2025-11-03"):
        latest(path, "user_id", MIDDLE)
    path.write_bytes(b"PAR1 nothing PAR1")
    for act in (lambda: latest(path, "user_id", END), lambda: replace_snapshot(path, rows(ann=1), "user_id", END)):
        with pytest.raises(FeatureError, match=r"damaged .*delete it and run `daypart features`") as caught:
            act()
        assert "\n" not in str(caught.value)


def test_who_is_nobodys_name_is_taken_out_of_every_moment(path):
    without(path, "user_id", ["ann"])
    replace_snapshot(path, rows(ann=0), "user_id", MIDDLE)
    replace_snapshot(path, rows(ann=1, bob=2), "user_id", END)
    without(path, "user_id", ["ann", "cat"])
    assert held(path) == [(END, "bob", 2)]
    before = path.stat().st_mtime_ns
    without(path, "user_id", ["ann"])
    assert path.stat().st_mtime_ns == before


def test_a_view_that_others_wrote_loses_its_rows_too(path):
    replace_snapshot(path, rows(ann=1, bob=2), "user_id", END)
    pq.write_table(pl.read_parquet(path).to_arrow(), path)
    assert without(path, "user_id", ["ann", "zoe"]) == 1
    assert held(path) == [(END, "bob", 2)]


def test_a_view_lies_in_row_groups_by_moment_and_key(path, monkeypatch):
    monkeypatch.setattr("training.snapshots.GROUP_ROWS", 2)
    replace_snapshot(path, rows(cat=3, ann=1, bob=2), "user_id", END)
    assert pq.read_metadata(path).num_row_groups == 2
    assert without(path, "user_id", ["ann", "cat"]) == 2
    assert held(path) == [(END, "bob", 2)]
