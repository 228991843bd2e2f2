"""Bombs: small files that would be huge are refused in a line, in bounded memory, and nothing is written."""

import gzip
import json
import subprocess
import sys

import polars as pl
import pytest

from tests.house.rooms import ROOT
from tests.training.test_ingest import HEAD, NOW
from training import bulk, repeats
from training.ingest import DataError, ingest
from training.parquet_columns import parquet_schema, read_parquet

GOOD = "a,view,2025-01-01T00:00:00Z,p\n"
ROW = {"event_id": "a", "event_type": "view", "occurred_at": "2025-01-01T00:00:00Z", "product_id": "p"}
ASIDE_MIB = 150
"""What a refusal may take besides what the interpreter and its libraries hold."""
CHILD = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from training.ingest import DataError, ingest
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, home = peak(), Path(sys.argv[1])
said = []
for path in sys.argv[2:]:
    try:
        said.append(ingest(home / "lake", events=Path(path), now=datetime(2026, 1, 1, tzinfo=UTC))[0].rows)
    except DataError as error:
        said.append(str(error))
print(json.dumps([said, peak() - before, (home / "lake").exists()]))
"""


def long_line(folder):
    path = folder / "line.csv"
    with path.open("wb") as file:
        # Sparse: a gigabyte of zeros takes no place on the disk.
        file.write((HEAD + GOOD).encode())
        file.seek(1 << 30)
        file.write(b"\n" + GOOD.encode())
    return path, "line 3 is longer"


def wide(folder):
    path = folder / "wide.csv"
    path.write_text(",".join(f"c{n}" for n in range(100_000)) + "\n")
    return path, "100,000 columns"


def endless_header(folder):
    path = folder / "header.csv"
    path.write_text(",".join(f"c{n}" for n in range(1_000_000)) + "\n")
    return path, "line 1 is longer"


def packed_line(folder):
    path = folder / "line.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    return path, "line 1 is longer"


def packed_rows(folder):
    path = folder / "rows.csv.gz"
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(HEAD.encode())
        step = GOOD.encode() * 40_000
        for _ in range(70):
            file.write(step)
    return path, "unpacks into more than"


def many_rows(folder):
    path = folder / "rows.parquet"
    pl.DataFrame([ROW]).lazy().select(pl.all().repeat_by(5_000_000).explode()).collect().write_parquet(path)
    return path, "unpacks into more than"


def long_texts(folder):
    path = folder / "texts.parquet"
    texts = pl.DataFrame([{**ROW, "product_id": "p" * 1_000_000}] * 1_000)
    texts.write_parquet(path, compression="zstd")
    return path, "unpacks into more than"


def wide_parquet(folder):
    path = folder / "wide.parquet"
    pl.DataFrame({**ROW, **{f"c{n}": 1 for n in range(bulk.MAX_COLUMNS)}}).write_parquet(path)
    return path, f"{bulk.MAX_COLUMNS + len(ROW):,} columns"


BOMBS = (long_line, wide, endless_header, packed_line, packed_rows, many_rows, long_texts, wide_parquet)


def test_bombs_cost_a_line_and_little_memory(tmp_path):
    made = [bomb(tmp_path) for bomb in BOMBS]
    command = [sys.executable, "-c", CHILD, str(tmp_path), *(str(path) for path, _ in made)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    said, grown_mib, written = json.loads(ran.stdout)
    for (path, says), line in zip(made, said, strict=True):
        assert isinstance(line, str), path
        assert line.startswith(f"{path}: ")
        assert says in line
        assert "\n" not in line
        assert len(line) < 500
    assert grown_mib < ASIDE_MIB
    assert not written


def test_a_column_that_nobody_asked_for_is_not_read(tmp_path):
    path = tmp_path / "nested.parquet"
    pl.DataFrame([{**ROW, "extra": [[["x" * 1000]]]}]).write_parquet(path)
    (report,) = ingest(tmp_path / "lake", events=path, now=NOW)
    assert (report.accepted, report.warnings[0]) == (1, "column 'extra' is not one of events and was ignored")
    assert read_parquet(path, ["product_id"]).drop(repeats.ROW).columns == ["product_id"]
    assert "extra" in parquet_schema(path)


@pytest.mark.parametrize("packed", [False, True])
def test_the_longest_line_is_taken_and_one_byte_more_is_not(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_LINE", 64)
    path = tmp_path / ("e.csv.gz" if packed else "e.csv")
    for length, taken in ((64, True), (65, False)):
        text = b"h\n" + b"x" * 40 + b"\n" + b"y" * length + b"\nz"
        path.write_bytes(gzip.compress(text) if packed else text)
        if taken:
            assert bulk.unpacked(path) == text
        else:
            with pytest.raises(DataError, match="line 3 is longer than 64 bytes"):
                bulk.unpacked(path)


def test_what_unpacks_into_the_limit_is_taken_and_one_byte_more_is_not(tmp_path, monkeypatch):
    path = tmp_path / "e.csv.gz"
    text = b"0123456789abcde\n" * 1000
    path.write_bytes(gzip.compress(text))
    monkeypatch.setattr(bulk, "MAX_RATIO", 1)
    monkeypatch.setattr(bulk, "TEXT", len(text))
    assert bulk.unpacked(path) == text
    monkeypatch.setattr(bulk, "TEXT", len(text) - 1)
    with pytest.raises(DataError, match="unpacks into more than 15,999 bytes"):
        bulk.unpacked(path)
    # A plain file is what it is.
    plain = tmp_path / "e.csv"
    plain.write_bytes(text)
    assert bulk.unpacked(plain) == text


def test_the_edges_of_width_and_of_cells(tmp_path, monkeypatch):
    path = tmp_path / "e"
    path.write_bytes(b"x")
    bulk.check_width(path, bulk.MAX_COLUMNS)
    with pytest.raises(DataError, match="1,001 columns"):
        bulk.check_width(path, bulk.MAX_COLUMNS + 1)
    for cells, n_bytes in ((bulk.CELLS // 16 + 1, 0), (0, bulk.CELLS + 1)):
        bulk.check_cells(path, max(cells - 1, 0), max(n_bytes - 1, 0))
        with pytest.raises(DataError, match="unpacks into more"):
            bulk.check_cells(path, cells, n_bytes)
    monkeypatch.setattr(bulk, "MAX_RATIO", bulk.CELLS + 1)
    bulk.check_cells(path, 0, bulk.CELLS + 1)


def test_names_are_told_in_a_line():
    assert bulk.listed([]) == "none"
    assert bulk.listed(["a", "b\nc\0"]) == "a, b\\nc\\x00"
    assert bulk.listed(["n"] * 21) == ", ".join(["n"] * 20) + ", and 1 more"
