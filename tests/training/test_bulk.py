"""Bombs: small files that would be huge are refused in a line, in bounded memory, and nothing is written."""

import gzip
import json
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
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
from training.baskets import events_file
from training.ingest import DataError, ingest
from training.links import read_links
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, home = peak(), Path(sys.argv[1])
said = []
for path in sys.argv[2:]:
    try:
        now, path = datetime(2026, 1, 1, tzinfo=UTC), Path(path)
        match path.name.partition("-")[0]:
            case "links":
                said.append(read_links(path, now).source.n_rows)
            case "baskets":
                said.append(len(events_file(path).rows))
            case "products" | "stores" | "assortment" as table:
                said.append(ingest(home / "lake", **{table: path}, now=now)[0].rows)
            case _:
                said.append(ingest(home / "lake", events=path, now=now)[0].rows)
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


def packed_blanks(folder):
    path = folder / "blanks.csv.gz"
    path.write_bytes(gzip.compress(HEAD.encode() + b"\n" * (60 << 20), 6))
    return path, "unpacks into more than"


def packed_commas(folder):
    path = folder / "commas.csv.gz"
    names = [*HEAD.strip().split(","), *(f"c{n}" for n in range(900))]
    path.write_bytes(gzip.compress(",".join(names).encode() + (b"\n" + b"," * (len(names) - 1)) * 60_000, 6))
    return path, "unpacks into more than"


def said_once(name, column, others, **how):
    """A parquet of 12,000 rows in which a text of 100,000 letters stands once, and every row has it."""

    def make(folder):
        rows = {other: pa.array(["1"] * 12_000) for other in others}
        once = pa.DictionaryArray.from_arrays(np.zeros(12_000, "int32"), ["x" * 100_000])
        pq.write_table(pa.table({**rows, column: once}), folder / name, compression="zstd", **how)
        assert (folder / name).stat().st_size < 1 << 18
        return folder / name, "unpacks into more than"

    return make


def as_long_as_said(folder):
    path = folder / "width.parquet"
    long = pa.DictionaryArray.from_arrays(np.zeros(12_000, "int32"), pa.array([b"x" * 100_000], pa.binary(100_000)))
    pq.write_table(pa.table({**{name: ["1"] * 12_000 for name in ROW}, "user_id": long}), path, compression="zstd")
    return path, "unpacks into more than"


def plainly_repeated(folder):
    path = folder / "plain.parquet"
    rows = {name: ["1"] * 3_000 for name in ROW} | {"user_id": ["x" * 100_000] * 3_000}
    pq.write_table(pa.table(rows), path, compression="zstd", use_dictionary=False)
    return path, "unpacks into more than"


def lists(folder):
    path = folder / "lists.parquet"
    ones = pa.ListArray.from_arrays([0, 10_000_000], pa.array(np.zeros(10_000_000, "int8")))
    pq.write_table(pa.table({**{name: ["1"] for name in ROW}, "quantity": ones}), path, compression="zstd")
    return path, "'quantity' is of type"


def footer(folder):
    path = folder / "footer.parquet"
    path.write_bytes(b"PAR1" + bytes(bulk.MAX_FOOTER + 1) + (bulk.MAX_FOOTER + 1).to_bytes(4, "little") + b"PAR1")
    return path, "its footer is over"


LINK = ("identity", "other", "evidence", "occurred_at")
BOMBS = (
    long_line, wide, endless_header, packed_line, packed_rows, many_rows, long_texts, wide_parquet, packed_blanks, packed_commas,
    as_long_as_said, plainly_repeated, lists, footer,
    said_once("events-once.parquet", "user_id", ROW), said_once("events-groups.parquet", "user_id", ROW, row_group_size=200),
    said_once("products-once.parquet", "name", ("product_id",)),
    said_once("products-de.parquet", "name_de", ("product_id", "name")),
    said_once("stores-once.parquet", "name", ("store_id", "timezone")),
    said_once("assortment-once.parquet", "store_id", ("product_id", "as_of")), said_once("links-once.parquet", "evidence", LINK),
    said_once("baskets-once.parquet", "user_id", ("product_id", "occurred_at")),
)  # fmt: skip


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


@pytest.mark.parametrize(("lines", "cells"), [(1, 16), (4, 4), (0, 20)])
def test_the_edge_of_lines_and_cells(tmp_path, monkeypatch, lines, cells):
    """A line costs as much as four cells; a text at the limit is taken."""
    path, text = tmp_path / "e.csv.gz", b"\n" * lines + b"," * cells
    path.write_bytes(gzip.compress(text))
    monkeypatch.setattr(bulk, "MAX_RATIO", 1)
    monkeypatch.setattr(bulk, "CELLS", 20 * 16)
    assert bulk.unpacked(path) == text
    for more in (b",", b"\n"):
        path.write_bytes(gzip.compress(text + more))
        with pytest.raises(DataError, match="unpacks into more than 320 bytes"):
            bulk.unpacked(path)


def test_an_archive_under_the_name_of_a_table_is_no_table(tmp_path):
    """A stored zip holds its rows as they are, and once had one of them taken in."""
    rows = (HEAD + GOOD).encode()
    stored, inner = tmp_path / "zip.csv", tmp_path / "gz.csv"
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("e.csv", "\n" + rows.decode())
    inner.write_bytes(gzip.compress(rows))
    twice = tmp_path / "twice.csv.gz"
    twice.write_bytes(gzip.compress(gzip.compress(rows)))
    for path, is_one in ((stored, "a zip archive"), (inner, "packed by gzip"), (twice, "packed by gzip")):
        with pytest.raises(DataError, match=f"{path.name}: is {is_one}, not CSV; unpack it"):
            ingest(tmp_path / "lake", events=path, now=NOW)
    plain = tmp_path / "PKs.csv"
    plain.write_bytes(b"PK,zip\n1,2\n")
    assert bulk.unpacked(plain) == plain.read_bytes()


def test_names_are_told_in_a_line():
    assert bulk.listed([]) == "none"
    assert bulk.listed(["a", "b\nc\0"]) == "a, b\\nc\\x00"
    assert bulk.listed(["n"] * 21) == ", ".join(["n"] * 20) + ", and 1 more"
