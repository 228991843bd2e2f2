"""Hostile cells at the door of files: each is named by row, column and reason, and the good rows beside it go in."""

import csv
from collections import Counter
from unicodedata import category

import pytest

from tests.suites.hostile_cells import CELLS
from tests.training.test_ingest import NOW
from training.ingest import ingest
from training.lake import read_events

NAMES = ("event_id", "event_type", "occurred_at", "product_id", "unit_price_cents", "user_id", "order_id")


def line(number, column="", text=b""):
    cells = dict(zip(NAMES, (b"e%d" % number, b"view", b"2025-01-01T00:00:00Z", b"p", b"1", b"", b""), strict=True))
    return b",".join({**cells, column: text}[name] for name in NAMES) if column else b",".join(cells.values())


def test_every_hostile_cell_is_named_and_its_neighbours_go_in(tmp_path):
    lines, expected, good = [",".join(NAMES).encode()], set(), 0
    for number, cell in enumerate(CELLS):
        lines += [line(3 * number), line(3 * number + 1, cell.column, cell.text), line(3 * number + 2)]
        good += 2 + (cell.reason is None)
        expected |= {(3 * number + 2, cell.column, cell.reason)} if cell.reason else set()
    path = tmp_path / "events.csv"
    path.write_bytes(b"\n".join(lines))
    (report,) = ingest(tmp_path / "lake", events=path, now=NOW)
    with report.quarantine_file.open(newline="", encoding="utf-8") as stream:
        told = list(csv.DictReader(stream))
    assert {(int(row["data_row"]), row["column"], row["reason"]) for row in told} == expected
    assert (report.accepted, report.quarantined) == (good, len(expected))
    assert read_events(tmp_path / "lake").collect().height == good
    # What a person opens holds nothing that hides, and no megabyte.
    assert not [
        row for row in told if len(row["value"]) > 500 or {category(letter) for letter in row["value"]} & {"Cc", "Cf"}
    ]


def test_two_ways_to_type_a_letter_are_one_id(tmp_path):
    path = tmp_path / "events.csv"
    path.write_bytes(b"event_id,event_type,occurred_at,product_id\n" + b"".join(
        f"{name},view,2025-01-01T00:00:00Z,p\n".encode() for name in ("caf\u00e9", "cafe\u0301", "cafe")
    ))  # fmt: skip
    (report,) = ingest(tmp_path / "lake", events=path, now=NOW)
    assert (report.accepted, report.duplicates, report.quarantined) == (2, 1, 0)
    assert set(read_events(tmp_path / "lake").collect()["event_id"]) == {"caf\u00e9", "cafe"}


@pytest.mark.parametrize("kind", ["reason", "code"])
def test_the_table_has_both_sides(kind):
    seen = Counter(getattr(cell, kind) is None for cell in CELLS)
    assert min(seen[True], seen[False]) >= 5
