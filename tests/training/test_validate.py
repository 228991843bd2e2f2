"""Cells, times, rows of CSV and the faults they may have."""

import csv
import random
from datetime import UTC, datetime

import polars as pl
import pytest

from people.secret import References
from tests.training import dirty
from training.cells import as_text, read_clock, read_id, read_number, read_text, read_time, read_word
from training.csv_records import read_csv
from training.faults import REMEDIES
from training.parts import DataError
from training.repeats import ROW
from training.sources import read_source
from training.times import read_times
from training.validate import check

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows(cells):
    return pl.Series("row", range(1, len(cells) + 1), dtype=pl.UInt32)


def judged(read, cells, *rest):
    """(value, reason) of each cell."""
    raw = cells if isinstance(cells, pl.Series) else pl.Series("c", cells)
    made = read(rows(raw), raw, *rest)
    reasons = dict(made.faults.select("row", "reason").iter_rows())
    return [(value, reasons.get(n)) for n, value in enumerate(made.values.to_list(), 1)]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("p1", "p1", None),
        ("card:42", "card:42", None),
        ("two words", "two words", None),
        ("拿铁", "拿铁", None),
        ("=1+1", "=1+1", None),
        ("none such", "none such", None),
        ("", None, None),
        ("  ", None, None),
        (None, None, None),
        (" p1", None, "padded"),
        ("p1\u00a0", None, "padded"),
        ("p\t1", None, "control_character"),
        ("p\x7f", None, "control_character"),
        ("\ufeffp", None, "control_character"),
        ("p\u2028", None, "control_character"),
        ("p\ufffd", None, "bad_encoding"),
        ("null", None, "null_word"),
        ("x" * 128, "x" * 128, None),
        ("x" * 129, None, "too_long"),
        ("拿" * 128, "拿" * 128, None),
        ("拿" * 129, None, "too_long"),
    ],
)
def test_ids(text, value, reason):
    assert judged(read_id, ["good", text])[1] == (value, reason)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        (" Caffè latte ", "Caffè latte", None),
        ("👩‍🍳 choice", "👩‍🍳 choice", None),
        ("null", "null", None),
        ("a\nb", None, "control_character"),
        ("x" * 1000, "x" * 1000, None),
        ("x" * 1001, None, "too_long"),
    ],
)
def test_words_for_people(text, value, reason):
    assert judged(read_text, [text]) == [(value, reason)]


def test_words_of_a_closed_list():
    found = judged(read_word, ["app", "App", " app", "", "ap\x00p"], frozenset({"app", "store"}))
    assert found == [
        ("app", None),
        (None, "unknown_value"),
        (None, "padded"),
        (None, None),
        (None, "control_character"),
    ]


def test_opening_hours():
    cells = ["00:00", "23:59", "24:00", "7:00", "24:01", "12:60", ""]
    want = [None, None, "not_a_time", "not_a_time", "not_a_time", "not_a_time", None]
    assert [reason for _, reason in judged(read_clock, cells, "23:59")] == want
    assert judged(read_clock, cells, "24:00")[2] == ("24:00", None)


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("1", 1, None),
        ("100", 100, None),
        ("007", 7, None),
        ("+5", 5, None),
        ("0", None, "out_of_range"),
        ("101", None, "out_of_range"),
        ("-1", None, "negative"),
        ("-0.5", None, "not_an_integer"),
        ("1.5", None, "not_an_integer"),
        ("5.0", None, "not_an_integer"),
        ("1e1", None, "not_an_integer"),
        ("1e309", None, "not_a_number"),
        ("nan", None, "not_a_number"),
        ("1,000", None, "not_a_number"),
        ("1_0", None, "not_a_number"),
        ("٣", None, "not_a_number"),
        ("5 ", None, "padded"),
        ("9" * 400, None, "not_a_number"),
        ("9" * 30, None, "out_of_range"),
        ("", None, None),
    ],
)
def test_whole_numbers_as_text(text, value, reason):
    assert judged(read_number, ["3", text], "int", 1, 100)[1] == (value, reason)


def test_whole_numbers_in_a_float_column():
    cells = [1.0, 1.5, float("nan"), float("inf"), 1e30, -2.0, None, 101.0]
    reasons = [None, "not_an_integer", "not_a_number", "not_a_number", "out_of_range", "negative", None, "out_of_range"]
    assert [reason for _, reason in judged(read_number, cells, "int", 0, 100)] == reasons


def test_integers_too_large_for_the_lake():
    assert judged(read_number, pl.Series("c", [2**64 - 1, 5], dtype=pl.UInt64), "int", 0, 9) == [
        (None, "out_of_range"), (5, None)
    ]  # fmt: skip


def test_decimals():
    found = judged(read_number, ["31.24", "-90", "90.1", "x", "1e309"], "float", -90, 90)
    assert found == [
        (31.24, None),
        (-90.0, None),
        (None, "out_of_range"),
        (None, "not_a_number"),
        (None, "not_a_number"),
    ]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-01-31T08:00:00-05:00", "2025-01-31T13:00:00"),
        ("2025-01-31T08:00:00Z", "2025-01-31T08:00:00"),
        ("2025-01-31t08:00:00z", "2025-01-31T08:00:00"),
        ("2025-01-31 08:00:00+05:45", "2025-01-31T02:15:00"),
        ("2025-01-31T08:00:00-00:00", "2025-01-31T08:00:00"),
        ("2025-01-31T08:00:00.5Z", "2025-01-31T08:00:00.500000"),
        ("2025-01-31T08:00:00.123456789-05:00", "2025-01-31T13:00:00.123456"),
        ("2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59"),
        ("2025-02-29T00:00:00Z", None),
        ("2025-13-01T00:00:00Z", None),
        ("2025-01-31T24:00:00Z", None),
        ("2016-12-31T23:59:60Z", None),
        ("2025-01-31T08:60:00.5Z", None),
        ("2025-01-31T08:00:00+05:60", None),
        ("2025-01-31T08:00:00+0500", None),
        ("2025-01-31T08:00Z", None),
        ("2025-01-31T08:00:00", None),
        ("2025-1-31T08:00:00Z", None),
        ("2025-01-31T08:00:0Z", None),
        ("12025-01-31T08:00:00Z", None),
        ("1738310400", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("beside", ["2025-06-01T00:00:00Z", "2025-06-01T00:00:00.25+01:00", "nonsense"])
def test_times(text, utc, beside):
    got = read_times(pl.Series([beside, text, beside], dtype=pl.String))
    assert got.dtype == pl.Datetime("us", "UTC")
    assert got[1] == (datetime.fromisoformat(utc).replace(tzinfo=UTC) if utc else None)


def test_times_have_both_edges():
    low, high = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
    cells = [
        "2025-01-01T00:00:00Z",
        "2024-12-31T23:59:59.999999Z",
        "2025-01-02T00:00:00Z",
        "2025-01-02T00:00:00.000001Z",
    ]
    found = judged(read_time, cells, pl.lit(low), pl.lit(high))
    assert [reason for _, reason in found] == [None, "out_of_range", None, "out_of_range"]
    assert found[0] == (low, None)


def test_bytes_that_are_no_text_are_kept_to_be_named():
    assert as_text(pl.Series("c", [b"ok", b"\xff", None])).to_list() == ["ok", "\ufffd", None]


def csv_of(folder, text):
    path = folder / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    cells, faults = read_csv(path)
    return cells.rows(), faults.select("row", "reason").rows()


@pytest.mark.parametrize(
    ("body", "cells", "faults"),
    [
        ("1,2\n3,4", [(1, "1", "2"), (2, "3", "4")], []),
        ("1,2\r\n3,\r\n", [(1, "1", "2"), (2, "3", None)], []),
        ("1\n3,4\n5,6,7\n8,9,\n", [(2, "3", "4")], [(1,), (3,), (4,)]),
        ("1,2\n\n3,4\n\n\n", [(1, "1", "2"), (3, "3", "4")], []),
        ('"1",2\n', [(1, "1", "2")], []),
        ('"1,5","say ""hi"""\n3,4\n', [(1, "1,5", 'say "hi"'), (2, "3", "4")], []),
        ('1,"two\nlines"\n\n3,4\n', [(1, "1", "two\nlines"), (3, "3", "4")], []),
        ('1,""\n', [(1, "1", None)], []),
        ('1,5" disk\n3,4\n', [(1, "1", '5" disk'), (2, "3", "4")], []),
        ('"1\n3,4\n', [(2, "3", "4")], [(1,)]),
        ('"1,2,3"\n3,4\n', [(2, "3", "4")], [(1,)]),
    ],
)
def test_rows_of_csv(body, cells, faults, tmp_path):
    got = csv_of(tmp_path, "a,b\n" + body)
    assert got[0] == cells
    assert [(row,) for row, _ in got[1]] == faults


def test_a_mark_that_never_closes_costs_one_row(tmp_path):
    lines = [f"{n},x" for n in range(1, 501)]
    lines[99] = '100,"x'
    cells, faults = csv_of(tmp_path, "a,b\n" + "\n".join(lines))
    assert len(cells) == 499
    assert faults == [(100, "broken_quote")]
    assert cells[99] == (101, "101", "x")


def test_two_marks_that_pair_by_chance_cost_their_own_rows(tmp_path):
    cells, faults = csv_of(tmp_path, 'a,b\n1,2\n3,"x\n5,6\n7,"y\n8,9\n')
    assert [row for row, *_ in cells] == [1, 3, 5]
    assert faults == [(2, "broken_quote"), (4, "broken_quote")]
    cells, faults = csv_of(tmp_path, 'a,b\n1,2\n3,"x\n5,6\n7",8\n')
    assert cells == [(1, "1", "2"), (3, "5", "6"), (4, '7"', "8")]
    assert faults == [(2, "broken_quote")]


def test_bytes_that_are_not_utf8_spoil_their_cell_only(tmp_path):
    cells, _ = csv_of(tmp_path, b"a,b\n1,caf\xe9\n2,ok\n")
    assert cells == [(1, "1", "caf\ufffd"), (2, "2", "ok")]


def test_a_header_may_be_quoted_and_marked(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'\xef\xbb\xbf"a", b\n1,2\n')
    assert read_csv(path)[0].columns == [ROW, "a", "b"]


def test_a_column_cannot_take_the_name_of_the_row_number(tmp_path):
    (tmp_path / "t.csv").write_text(f"a,{ROW}\n1,2\n")
    with pytest.raises(DataError, match="rename"):
        read_csv(tmp_path / "t.csv")


def test_a_wrong_quantity_does_not_make_the_discount_wrong(tmp_path):
    text = "event_type,occurred_at,product_id,quantity,unit_price_cents,discount_cents\n"
    (tmp_path / "e.csv").write_text(text + "purchase,2025-01-01T00:00:00Z,p,1.5,100,150\n")
    faults = check(read_source(tmp_path / "e.csv", "events"), {}, NOW, References(tmp_path / "key")).faults
    assert faults["reason"].to_list() == ["not_an_integer"]


@pytest.mark.parametrize(("discount", "good"), [(200, 1), (201, 0)])
def test_the_edge_of_the_discount(discount, good, tmp_path):
    text = "event_type,occurred_at,product_id,quantity,unit_price_cents,discount_cents\n"
    (tmp_path / "e.csv").write_text(text + f"purchase,2025-01-01T00:00:00Z,p,2,100,{discount}\n")
    assert len(check(read_source(tmp_path / "e.csv", "events"), {}, NOW, References(tmp_path / "key")).good) == good


def test_every_reason_tells_what_to_do():
    assert {reason for _, _, reason in dirty.DAMAGES} <= set(REMEDIES)
    assert all(REMEDIES.values())


@pytest.mark.parametrize("seed", range(20))
def test_well_formed_csv_reads_as_python_reads_it(seed, tmp_path):
    draw = random.Random(seed)
    marks = ["a", "é", '"', ",", "\n", " ", "'", ";", '""', "\n\n", "x" * 9]
    table = [["".join(draw.choices(marks, k=draw.randrange(5))) for _ in range(3)] for _ in range(200)]
    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(
            file, quoting=draw.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), lineterminator=draw.choice(["\n", "\r\n"])
        )
        writer.writerows([["a", "b", "c"], *table])
    cells, faults = read_csv(path)
    assert faults.is_empty()
    assert cells.rows() == [(n, *(cell or None for cell in row)) for n, row in enumerate(table, 1)]


def test_times_read_as_python_reads_them():
    draw = random.Random(7)
    texts = []
    for _ in range(2_000):
        day, hour = draw.randrange(1, 33), draw.randrange(0, 25)
        zone = draw.choice(["Z", "+00:00", "-05:00", "+05:45", "+14:00", "-12:00"])
        part = draw.choice(["", ".5", ".123456"])
        date = f"{draw.choice([1999, 2024, 2025])}-{draw.randrange(1, 14):02d}-{day:02d}"
        texts.append(f"{date}{draw.choice('T t')}{hour:02d}:05:59{part}{zone}")

    def python(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None

    ours = read_times(pl.Series(texts)).to_list()
    assert ours == [python(text) for text in texts]
    assert 200 < sum(time is None for time in ours) < 1_000
