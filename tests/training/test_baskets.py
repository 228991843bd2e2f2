"""Anybody's files: every way of writing a time, ids that went through a float, rows that cannot count."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from training.baskets import read_events_file, read_targets_file
from training.errors import TrainingError

DAY = datetime(2025, 3, 2, tzinfo=UTC)


def read(tmp_path, times, **columns):
    path = tmp_path / "events.parquet"
    n = len(times)
    frame = {"user_id": [f"u{i}" for i in range(n)], "product_id": ["p"] * n, **columns, "occurred_at": times}
    pl.DataFrame(frame).write_parquet(path)
    return read_events_file(path)


@pytest.mark.parametrize(
    "times",
    [
        pl.Series([date(2025, 3, 2)]),
        pl.Series([datetime(2025, 3, 2)]),
        pl.Series([datetime(2025, 3, 2)]).cast(pl.Datetime("ns")),
        pl.Series([DAY]),
        pl.Series(["2025-03-02"]),
        pl.Series(["2025-03-02 00:00:00"]),
        pl.Series(["2025-03-01T19:00:00-05:00"]),
        pl.Series([(date(2025, 3, 2) - date(1970, 1, 1)).days]),
    ],
    ids=["date", "naive", "nanoseconds", "aware", "date text", "naive text", "offset text", "day number"],
)
def test_every_way_of_writing_a_time(tmp_path, times):
    events, n_skipped = read(tmp_path, times)
    assert events["occurred_at"].dt.convert_time_zone("UTC").to_list() == [DAY]
    assert n_skipped == 0


def test_a_column_keeps_its_zone(tmp_path):
    events, _ = read(tmp_path, pl.Series([DAY]).dt.convert_time_zone("Asia/Shanghai"))
    assert events.schema["occurred_at"] == pl.Datetime("us", "Asia/Shanghai")


def test_rows_that_cannot_count_are_counted(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "user_id,product_id,occurred_at,price\nu1,a,2025-03-02,5\n,a,2025-03-02,5\nu1,,2025-03-02,5\nu1,a,soon,5\nu1,a\n"
    )
    events, n_skipped = read_events_file(path)
    assert events.select("user_id", "product_id").rows() == [("u1", "a"), (None, "a")], "an anonymous row is a row"
    assert n_skipped == 3


def test_ids_are_text_whatever_they_were(tmp_path):
    events, _ = read(
        tmp_path, [DAY, DAY, DAY], product_id=[7.0, 8.0, None], user_id=[1, 2, 3], quantity=[1.0, 2.0, None]
    )
    assert events.select("user_id", "product_id", "quantity").rows() == [("1", "7", 1), ("2", "8", 2)]


def test_targets_are_distinct_and_what_was_dropped_is_told(tmp_path):
    path = tmp_path / "targets.csv"
    path.write_text("user_id,product_id\nv,b\nu,a\nu,a\nu,\n")
    targets, n_skipped, n_repeated = read_targets_file(path)
    assert targets.rows() == [("u", "a"), ("v", "b")]
    assert (n_skipped, n_repeated) == (1, 1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "no such file"),
        ("a.txt", "x", "unknown ending"),
        ("a.parquet", "x", "cannot be read as parquet"),
        ("a.csv", "user_id,product_id\nu,a\n", "lacks the column occurred_at"),
        ("a.csv", "user_id,product_id,occurred_at\nu,a,soon\n", "none of its 1 rows"),
        ("a.csv", "user_id,product_id,occurred_at\n", "none of its 0 rows"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_in_one_line(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(TrainingError, match=said) as told:
        read_events_file(path)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("times", "said"), [([1e9], "is of type Float64"), ([1_700_000_000], "no day numbers")])
def test_numbers_that_are_no_days_are_refused(tmp_path, times, said):
    with pytest.raises(TrainingError, match=said):
        read(tmp_path, times)


def test_targets_without_a_row_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("user_id,product_id\n,a\n")
    with pytest.raises(TrainingError, match="nothing to score"):
        read_targets_file(path)
