"""A few rows are found and the others' columns aren't read; both ends of a row group's span are in it."""

import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from offers.errors import PlanError
from serving.parquet_rows import rows_of, rows_where
from tests.serving.fakes import NOW

USERS = ["ann", "bob", None, "bob", "cat", "zoë", "dan", "eve"]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.parquet"
    frame = pl.DataFrame({"user_id": USERS, "n": range(len(USERS)), "at": [NOW] * len(USERS)})
    frame.write_parquet(path, row_group_size=2)
    return path


def read_groups(monkeypatch):
    """Row groups that are read from now on, with their columns; None is all of them."""
    read, real = [], pq.ParquetFile.read_row_group

    def noted(self, at, columns=None, **options):
        read.append((at, columns))
        return real(self, at, columns=columns, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    return read


@pytest.mark.parametrize(
    ("names", "found"),
    [(["ann"], [0]), (["bob"], [1, 3]), (["zoë", "ann"], [0, 5]), (["zo"], []), (["", "zzz"], []), ([], [])],
)
def test_rows_of_some(file, names, found):
    assert [row["n"] for row in rows_of(file, "user_id", names)] == found


def test_rows_are_json_values(file):
    assert rows_of(file, "user_id", ["ann"]) == [{"user_id": "ann", "n": 0, "at": NOW.isoformat()}]


def test_only_where_they_can_be_is_looked_and_only_where_they_are_is_read(file, monkeypatch):
    read = read_groups(monkeypatch)
    # bob bounds the first two row groups, and the last begins after him.
    assert [row["n"] for row in rows_of(file, "user_id", ["bob"])] == [1, 3]
    assert read == [(0, ["user_id"]), (0, None), (1, ["user_id"]), (1, None)]
    read.clear()
    rows_of(file, "user_id", ["czz"])
    assert read == [(2, ["user_id"])]


def test_rows_without_a_name_are_picked_too(file):
    assert [row["n"] for row in rows_where(file, ["user_id"], lambda rows: pc.is_null(rows["user_id"]))] == [2]


def test_a_file_of_which_no_statistics_are_kept_is_looked_through(tmp_path):
    path = tmp_path / "plain.parquet"
    pl.DataFrame({"n": [1, 2], "user_id": ["ann", "bob"]}).write_parquet(path, statistics=False)
    assert [row["n"] for row in rows_of(path, "user_id", ["bob"])] == [2]


def test_no_file_is_no_rows_and_a_damaged_one_is_told(file):
    assert rows_of(file.with_name("other"), "user_id", ["ann"]) == []
    with pytest.raises(PlanError, match="restore"):
        rows_of(file, "person", ["ann"])
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(PlanError, match="restore"):
        rows_of(file, "user_id", ["ann"])
