"""A table of links: every bad cell has its row, column and reason, and no identity is repeated."""

import csv
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from training.links import quarantine, read_links
from training.parts import DataError
from training.repeats import ROW

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
GOOD = {"identity": "card:4000 1234", "other": "ann", "evidence": "login-1", "occurred_at": "2025-11-01T08:00:00Z"}


def written(folder, *rows, columns=(*GOOD, "source")):
    path = folder / "links.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
        out.writeheader()
        out.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"identity": ""}, "identity", "missing"),
        ({"identity": " ann"}, "identity", "padded"),
        ({"other": "null"}, "other", "null_word"),
        ({"other": "a" * 129}, "other", "too_long"),
        ({"evidence": ""}, "evidence", "missing"),
        ({"evidence": "+41 79 123 45 67"}, "evidence", "personal_data"),
        ({"occurred_at": "2025-11-01T08:00:00"}, "occurred_at", "naive_time"),
        ({"occurred_at": "yesterday"}, "occurred_at", "not_a_time"),
        ({"occurred_at": "1989-12-31T23:59:59Z"}, "occurred_at", "out_of_range"),
        ({"occurred_at": "2025-11-17T12:00:01Z"}, "occurred_at", "out_of_range"),
        ({"source": "gossip"}, "source", "unknown_value"),
    ],
)
def test_a_bad_cell_is_named_and_the_row_beside_it_is_good(tmp_path, changed, column, reason):
    read = read_links(written(tmp_path, GOOD, {**GOOD, **changed}, GOOD), NOW)
    assert read.faults.select("row", "column", "reason").rows() == [(2, column, reason)]
    assert read.good[ROW].to_list() == [1, 3]


@pytest.mark.parametrize("at", ["1990-01-01T00:00:00Z", "2025-11-17T12:00:00Z", "2025-11-01T09:00:00+01:00"])
def test_the_edges_of_time_are_good(tmp_path, at):
    read = read_links(written(tmp_path, {**GOOD, "occurred_at": at}), NOW)
    assert read.faults.is_empty()
    assert read.good["occurred_at"].to_list() == [datetime.fromisoformat(at).astimezone(UTC)]


def test_a_file_without_a_source_is_a_files_and_parquet_says_the_same(tmp_path):
    by_csv = read_links(written(tmp_path, GOOD, columns=tuple(GOOD)), NOW).good
    assert by_csv["source"].to_list() == ["file"]
    frame = pl.DataFrame([GOOD]).with_columns(pl.lit(NOW - timedelta(days=15, hours=4)).alias("occurred_at"))
    frame.write_parquet(tmp_path / "links.parquet")
    assert read_links(tmp_path / "links.parquet", NOW).good.rows() == by_csv.rows()


def test_a_file_that_is_no_table_of_links_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"lacks the column evidence, occurred_at of links"):
        read_links(written(tmp_path, GOOD, columns=("identity", "other")), NOW)


def test_the_quarantine_file_names_nobody(tmp_path):
    bad = {**GOOD, "identity": " card:4000 1234", "evidence": "ann@example.com"}
    read = read_links(written(tmp_path, bad, GOOD), NOW)
    file, faults = quarantine(tmp_path / "lake", read, [(2, "identity", "bad_identity"), (2, "", "erased")])
    assert faults.select("row", "column", "reason").rows() == [
        (1, "identity", "padded"),
        (1, "evidence", "personal_data"),
        (2, "identity", "bad_identity"),
        (2, "", "erased"),
    ]
    text = file.read_text("utf-8")
    assert "15 characters, not shown" in text
    assert not any(trace in text for trace in ("4000", "ann@"))
    assert quarantine(tmp_path / "lake", read_links(written(tmp_path, GOOD), NOW), [])[0] is None
