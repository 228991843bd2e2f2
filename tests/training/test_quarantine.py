"""What a quarantine file says of a cell, and of the file's own name: enough to mend it, nothing of anybody, and no formula."""

import csv
from pathlib import Path

import polars as pl
import pytest

from training.faults import found
from training.quarantine import write_quarantine

PLAIN = (
    "079 111 22 33", "0041791112233", "0041 79 111 22 33", "2221 0000 0000 0009", "4539.5787.6362.1486", "4539_5787_6362_1486",
    "３０７９ １１１２ ２３３４ ５５６６", "＋41791112233", "zoe＠planted.example", "ZOE@planted.example", "(+41) 79 111 22 33",
    "card4539578763621486", "+41.79.111.22.33",
    "3714 496353 98431", "2223003122003222", "079/111.22.33", "01 11 12 23 34", "zoe@planted", "Zoe <zoe@planted.example>",
)  # fmt: skip


def echoed(folder, *cells, source=Path("events.csv")):
    rows = pl.Series(range(1, len(cells) + 1), dtype=pl.UInt32)
    path = write_quarantine(folder, source, found(rows, "order_id", "padded", pl.Series(cells)))
    return path, pl.read_csv(path, infer_schema=False)


@pytest.mark.parametrize("around", ["{}", " {} ", "ring {}, she said", "x" * 70 + " {} " + "y" * 90])
def test_nothing_of_anybody_is_echoed(tmp_path, around):
    path, table = echoed(tmp_path, *(around.format(text) for text in PLAIN))
    for text, cell in zip(PLAIN, table["value"], strict=True):
        assert "(" in cell, text
        told = path.read_text().lower()
        assert not {
            trace
            for trace in ("111", "zoe@", "zoe＠", "0009", "11 12", "5787", "98431", "１１１", "3122")
            if trace in told
        }


@pytest.mark.parametrize(
    "cell",
    [
        "yesterday",
        "01.11.2026 08:00",
        "o-000123",
        "2025-11-16T08:00:00",
        "20251116080000",
        "2026-11-28-000123",
        "350.0",
        "1764360000000",
        "Zoë",
        "-3",
        "10.5",
    ],
)
def test_what_must_be_mended_is_told(tmp_path, cell):
    assert echoed(tmp_path, cell)[1]["value"].item() == cell


@pytest.mark.parametrize(
    "name", ["zoe@planted.example.csv", "zoe@planted/events.csv", "0791112233.csv", "zoe＠planted.csv"]
)
def test_a_file_called_after_somebody_has_no_name(tmp_path, name):
    path, table = echoed(tmp_path, "x", source=Path("/till") / name)
    assert "planted" not in f"{path.name} {table['file'].item()}"
    assert "0791" not in f"{path.name} {table['file'].item()}"
    assert table["file"].item().startswith("/till/")


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
