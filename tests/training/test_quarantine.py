"""Nothing in a quarantine file is a formula to a spreadsheet, and what is none stands as it was."""

import csv
from pathlib import Path

import polars as pl
import pytest

from training.faults import found
from training.quarantine import write_quarantine


def written(lake, source, column, values):
    rows = pl.Series(range(1, len(values) + 1))
    path = write_quarantine(lake, source, found(rows, column, "unknown_value", pl.Series(values)))
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("+1-2", "'+1-2"),
        (" =1+1", "' =1+1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1+1", "a;'=1+1"),
        ("a; @b", "a;' @b"),
        ("\t=1", "\\t=1"),
        ("\r=1", "\\r=1"),
        ("-", "'-"),
        # Neither of these is one.
        ("-5", "-5"),
        ("+5.25", "+5.25"),
        ("1=1", "1=1"),
        ("a-b", "a-b"),
        ("a,=b", "a,=b"),
        ("'=1", "'=1"),
        ("a;b", "a;b"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(tmp_path, cell, told):
    (row,) = written(tmp_path, Path("events.csv"), "channel", [cell])
    assert row["value"] == told


def test_neither_is_the_name_of_the_file_or_of_a_column(tmp_path):
    rows = written(tmp_path, Path("=cmd.csv"), "-1+a", ["pigeon", "swan"])
    assert {(row["file"], row["column"]) for row in rows} == {("'=cmd.csv", "'-1+a")}
    assert {row["file"] for row in written(tmp_path, Path("/a/=b.csv"), "channel", ["x"])} == {"/a/=b.csv"}


def test_whose_a_cell_is_tells_its_length_alone(tmp_path):
    (row,) = written(tmp_path, Path("events.csv"), "user_id", ["=ann"])
    assert row["value"] == "4 characters, not shown"
