"""What a parquet will be is known by its pages' headers and its dictionaries, before a cell is made."""

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training import bulk, parquet_columns
from training.compact import I32, STRUCT, encode
from training.parquet_columns import read_parquet
from training.parquet_pages import DELTA_BYTE_ARRAY, DICTIONARY_PAGE, OddPages, pages
from training.parts import DataError
from training.repeats import ROW

N = 1000
ANY = {
    "text": pl.Series([f"t{n % 7}" for n in range(N)]),
    "long": pl.Series([f"a long text, number {n}" for n in range(N)]),
    "some": pl.Series(["x", None] * (N // 2)),
    "kind": pl.Series(["a", "b"] * (N // 2), dtype=pl.Enum(["a", "b"])),
    "bytes": pl.Series([b"x", b""] * (N // 2)),
    "nothing": pl.Series([None] * N, dtype=pl.String),
    "whole": pl.Series(range(N)),
    "cents": pl.Series(range(N)).cast(pl.Decimal(12, 2)),
    "truth": pl.Series([True, False] * (N // 2)),
}


def header(n_bytes, packed, n_values, kind=0, encoding=0):
    of_page = {1: (I32, n_values), 2: (I32, encoding), 3: (I32, 3), 4: (I32, 3)}
    fields = {1: (I32, kind), 2: (I32, n_bytes), 3: (I32, packed), {0: 5, 2: 7}[kind]: (STRUCT, of_page)}
    return encode(fields)


def test_every_page_is_seen_with_what_it_unpacks_into(tmp_path):
    path = tmp_path / "p"
    parts = [
        header(4000, 2, 3, kind=DICTIONARY_PAGE),
        b"..",
        header(1 << 30, 1, 10, encoding=DELTA_BYTE_ARRAY),
        b".",
        b"rest",
    ]
    path.write_bytes(b"".join(parts))
    end = sum(map(len, parts[:4]))
    (found,) = pages(path, [(0, end)])
    assert found == [(DICTIONARY_PAGE, 3, 0, 4000), (0, 10, DELTA_BYTE_ARRAY, 1 << 30)]
    assert list(pages(path, [(0, 0), (0, len(parts[0]) + 2)])) == [[], found[:1]]


@pytest.mark.parametrize(
    "data",
    [header(1, 5, 1) + b"1234", header(-1, 1, 1) + b"1", header(1, -1, 1) + b"1", header(1, 1, -1) + b"1",
     header(1, 1, 1)[:4], b"\xff" * 100, encode({1: (I32, 0)}), b""],
)  # fmt: skip
def test_pages_that_cannot_be_followed(tmp_path, data):
    path = tmp_path / "p"
    path.write_bytes(data)
    with pytest.raises(OddPages):
        list(pages(path, [(0, max(len(data), 1))]))


@pytest.mark.parametrize("packed", ["zstd", "snappy", "gzip", "uncompressed"])
@pytest.mark.parametrize("writer", [{}, {"row_group_size": 100}, {"data_page_size": 64}, {"use_pyarrow": True}])
def test_honest_files_are_read_whoever_wrote_them(tmp_path, packed, writer):
    path = tmp_path / "e.parquet"
    if writer.get("use_pyarrow"):
        packed = "none" if packed == "uncompressed" else packed
        pq.write_table(pl.DataFrame(ANY).to_arrow(), path, compression=packed, data_page_version="2.0")
    else:
        pl.DataFrame(ANY).write_parquet(path, compression=packed, **writer)
    assert read_parquet(path, list(ANY)).drop(ROW).equals(pl.read_parquet(path))
    assert read_parquet(path, list(ANY)).height == N


@pytest.mark.parametrize("row_group_size", [N, 300])
def test_the_edge_is_what_the_rows_make_of_a_dictionary(tmp_path, monkeypatch, row_group_size):
    path, length = tmp_path / "e.parquet", 2_000
    texts = pa.DictionaryArray.from_arrays(np.array([0, 1] * (N // 2), "int32"), ["x" * length, ""])
    pq.write_table(pa.table({"id": texts}), path, row_group_size=row_group_size)
    monkeypatch.setattr(bulk, "MAX_RATIO", 0)
    monkeypatch.setattr(bulk, "CELLS", N // 2 * length)
    assert read_parquet(path, ["id"]).height == N
    monkeypatch.setattr(bulk, "CELLS", N // 2 * length - 1)
    monkeypatch.setattr(parquet_columns.pl, "read_parquet", None)
    with pytest.raises(DataError, match="unpacks into more than 999,999 bytes"):
        read_parquet(path, ["id"])


def test_the_edge_of_letters_of_the_text_before(tmp_path, monkeypatch):
    path = tmp_path / "e.parquet"
    how = {"use_dictionary": False, "column_encoding": {"id": "DELTA_BYTE_ARRAY"}}
    pq.write_table(pa.table({"id": ["x" * 100] * 50}), path, compression="zstd", **how)
    monkeypatch.setattr(bulk, "MAX_RATIO", 0)
    for limit, taken in ((50 * 1000, True), (50 * 100, False)):
        monkeypatch.setattr(bulk, "CELLS", limit)
        if taken:
            assert read_parquet(path, ["id"])["id"].to_list() == ["x" * 100] * 50
        else:
            with pytest.raises(DataError, match="unpacks into more than 5,000 bytes"):
                read_parquet(path, ["id"])


def test_a_page_that_says_more_than_the_footer_is_believed(tmp_path):
    """Memory is taken by a page's own header, so a footer of few bytes calms nobody."""
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"id": ["x" * 60, "y"]}), path, compression="none", use_dictionary=False)
    whole = path.read_bytes()
    column = pq.read_metadata(path).row_group(0).column(0)
    (page,) = next(pages(path, [(column.data_page_offset, column.data_page_offset + column.total_compressed_size)]))
    start, size, most = column.data_page_offset, column.total_compressed_size, (1 << 31) - 1
    # Without statistics a header has room for the larger number.
    told = header(most, size - len(header(most, page.n_bytes, 2)), 2)
    new = told + whole[start + size - page.n_bytes : start + size]
    new += bytes(size - len(new))
    path.write_bytes(whole[:start] + new + whole[start + size :])
    with pytest.raises(DataError, match="unpacks into more than"):
        read_parquet(path, ["id"])


def test_lists_are_no_cells(tmp_path):
    path = tmp_path / "e.parquet"
    pl.DataFrame({"id": [["a"], ["b", "c"]]}).write_parquet(path)
    with pytest.raises(DataError, match="'id' holds lists or structs; write one value a row"):
        read_parquet(path, ["id"])
