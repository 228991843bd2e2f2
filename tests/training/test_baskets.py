"""Anybody's files: every way of writing a time, ids that went through a float, rows that cannot count."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from training.baskets import events_file, read_events_file, read_targets_file
from training.errors import TrainingError
from training.parts import DataError
from training.sales import sales

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
    with pytest.raises((TrainingError, DataError), match=said) as told:
        read_events_file(path)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("times", [[1e9], [1_700_000_000], ["1700000000"]])
def test_numbers_that_are_no_days_are_refused(tmp_path, times):
    with pytest.raises(TrainingError, match="no day numbers"):
        read(tmp_path, times)


def test_a_time_that_cannot_be_read_is_shown(tmp_path):
    with pytest.raises(TrainingError, match=r"its first time is '03/02/2025'\); mend them: times as RFC 3339 text"):
        read(tmp_path, ["03/02/2025"])


@pytest.mark.parametrize(
    ("ids", "read_as"),
    [
        ([7, 8], ["7", "8"]),
        ([2**63 - 1, 0], ["9223372036854775807", "0"]),
        ([7.0, float("nan")], ["7", None]),
        ([7.0, 7.5], ["7", "7.5"]),
        ([1e300, float("inf")], ["1e+300", "inf"]),
        (["7.0", "8.0"], ["7", "8"]),
        (["7.0", "8.1"], ["7.0", "8.1"]),
        ([" 小明 ", "Åsa☕"], ["小明", "Åsa☕"]),
        (["x" * 5000, " "], ["x" * 5000, None]),
        ([True, False], ["true", "false"]),
        ([None, None], [None, None]),
    ],
)
def test_ids_of_any_kind_are_the_text_they_would_be_elsewhere(tmp_path, ids, read_as):
    events, _ = read(tmp_path, [DAY, DAY], user_id=ids)
    assert events["user_id"].to_list() == read_as


@pytest.mark.parametrize("ids", [[["a", "b"]], [{"a": 1}], [b"\xff"]])
def test_ids_that_are_no_ids_say_so(tmp_path, ids):
    with pytest.raises(TrainingError, match=r"product_id is of type .*; write ids as text or whole numbers"):
        read(tmp_path, [DAY], product_id=ids)


@pytest.mark.parametrize("given", [[[1], [2]], [{"a": 1}, None]])
def test_lists_are_refused_before_they_are_read(tmp_path, given):
    path = tmp_path / "e.parquet"
    pl.DataFrame(
        {"user_id": ["u"] * 2, "product_id": ["a"] * 2, "occurred_at": [DAY] * 2, "quantity": given}
    ).write_parquet(path)
    with pytest.raises(TrainingError, match=r"e.parquet: quantity is of type .*; write one a row"):
        events_file(path)


def test_the_same_baskets_are_the_same_as_csv_and_parquet_numbers_and_text(tmp_path):
    rows = pl.DataFrame({"user_id": [1, 1, 2], "product_id": [10, 11, 10], "occurred_at": [0, 3, 3]})
    rows.write_parquet(tmp_path / "a.parquet")
    rows.cast(pl.String).write_parquet(tmp_path / "b.parquet")
    rows.write_csv(tmp_path / "c.csv")
    rows.cast(pl.Float64).write_csv(tmp_path / "d.csv")
    read_once, *others = (read_events_file(tmp_path / name)[0] for name in ("a.parquet", "b.parquet", "c.csv", "d.csv"))
    assert read_once["occurred_at"].dt.date().to_list() == [date(1970, 1, 1), date(1970, 1, 4), date(1970, 1, 4)]
    assert all(other.equals(read_once) for other in others)


@pytest.mark.parametrize(
    ("given", "pieces", "n_odd"),
    [
        ([2, 1, None], [2, 1, 1], 0),
        ([0, 3, 1], [1, 3, 1], 1),
        ([0.25, 1.5, 2.0], [1, 2, 2], 0),
        (["2", "many", "1e99"], [2, 1, 1_000_000], 1),
        ([float("nan"), float("inf"), 9e18], [1, 1, 1_000_000], 2),
    ],
)
def test_quantities_are_pieces_from_one_on(tmp_path, given, pieces, n_odd):
    pl.DataFrame({"user_id": ["u"] * 3, "product_id": ["a", "b", "c"], "occurred_at": [DAY] * 3, "quantity": given}, strict=False
                 ).write_parquet(tmp_path / "e.parquet")  # fmt: skip
    file = events_file(tmp_path / "e.parquet")
    assert file.rows["quantity"].fill_null(1).to_list() == pieces
    assert file.n_quantities == n_odd
    assert "event_type" not in file.rows.columns


def test_a_negative_quantity_is_a_refund_of_as_much(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "user_id,product_id,occurred_at,quantity\nu,a,2025-03-01,3\nu,a,2025-03-02,-2\nu,b,2025-03-02,1\nu,b,2025-03-03,-1\n"
    )
    rows = events_file(path).rows
    assert rows["event_type"].to_list() == ["purchase", "refund", "purchase", "refund"]
    assert rows["quantity"].to_list() == [3, 2, 1, 1]
    assert sales(rows.lazy())["product_id"].to_list() == ["a"], "one a is left, and no b"


def test_a_refund_of_a_negative_quantity_stays_a_refund(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "event_type,user_id,product_id,occurred_at,quantity\nrefund,u,a,2025-03-02,-1\n,u,a,2025-03-01,-1\n"
    )
    assert events_file(path).rows["event_type"].to_list() == ["refund", "refund"]


def test_targets_without_a_row_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("user_id,product_id\n,a\n")
    with pytest.raises(TrainingError, match="nothing to score"):
        read_targets_file(path)
