"""The wanted columns of a parquet file, measured before they are read: what is not asked for takes no memory.

A file says a thing once and means it a million times: runs of rows, texts in a dictionary, letters of the text before. So the
headers of the pages are added up first (`training.parquet_pages`), then what the rows make of each dictionary; only then is a
cell made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from training.bulk import MAX_FOOTER, check_cells, check_width
from training.parquet_pages import DELTA_BYTE_ARRAY, DICTIONARY_PAGE, OddPages, Page, pages
from training.parts import MAGIC, DataError
from training.repeats import ROW

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, pa.ArrowException, OddPages)
_LENGTH_AT_END = 8


class _Chunk(NamedTuple):
    """A column of a row group: `width` of its values where they are all as long, else 0."""

    group: int
    name: str
    is_text: bool
    width: int
    start: int
    end: int


def parquet_schema(path: Path) -> pl.Schema:
    """Names and types of its columns. DataError when it can't be read, or has too many."""
    try:
        _check_footer(path)
        schema = _scan(path).collect_schema()
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None
    check_width(path, len(schema))
    return schema


def read_parquet(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """`columns` with `ROW`, from 1. DataError when they can't be read, or are more than such a file may unpack into."""
    try:
        _check_footer(path)
        _check(path, columns)
        return pl.read_parquet(
            path, columns=list(columns), glob=False, hive_partitioning=False, row_index_name=ROW, row_index_offset=1
        )
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None


def check_parquet(path: Path, columns: Sequence[str]) -> None:
    """For whoever reads a parquet by other means: DataError when those of `columns` that it has unpack into too much."""
    held = parquet_schema(path)
    try:
        _check(path, [name for name in columns if name in held])
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None


def _check_footer(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _LENGTH_AT_END, 0))
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
    if magic == MAGIC and length > MAX_FOOTER:
        raise DataError(f"{path}: its footer is over {MAX_FOOTER:,} bytes; write it in fewer row groups")


def _check(path: Path, columns: Sequence[str]) -> None:
    """DataError where the columns unpack into too much, by the sizes of their pages, or by the rows' share of dictionaries."""
    meta = pq.read_metadata(path)
    chunks = list(_chunks(path, meta, columns))
    with pq.ParquetFile(path, metadata=meta, read_dictionary=list(columns)) as file:
        check_cells(path, meta.num_rows * len(columns))
        n_values = n_bytes = n_texts = 0
        by_dictionary: dict[int, list[str]] = {}
        for chunk, found in zip(chunks, pages(path, [(chunk.start, chunk.end) for chunk in chunks]), strict=True):
            values, unpacked = _sum(found)
            n_values, n_bytes = n_values + values, n_bytes + unpacked
            if any(page.encoding == DELTA_BYTE_ARRAY for page in found):
                # Each may be as long as all the letters of its page.
                n_texts += sum(page.n_values * page.n_bytes for page in found)
            elif chunk.is_text and any(page.kind == DICTIONARY_PAGE for page in found):
                by_dictionary.setdefault(chunk.group, []).append(chunk.name)
            else:
                n_texts += max(unpacked, values * chunk.width)
            check_cells(path, n_values, max(n_bytes, n_texts))
        for group, names in by_dictionary.items():
            for name in names:
                n_texts += _meant(file.read_row_group(group, [name], use_threads=False).column(0))
                check_cells(path, 0, n_texts)


def _chunks(path: Path, meta: pq.FileMetaData, columns: Sequence[str]) -> Iterator[_Chunk]:
    wanted = set(columns)
    leaves = [(place, meta.schema.column(place)) for place in range(meta.num_columns)]
    leaves = [(place, leaf) for place, leaf in leaves if leaf.path in wanted and not leaf.max_repetition_level]
    if lacking := sorted(wanted - {leaf.path for _, leaf in leaves}):
        raise DataError(f"{path}: column {lacking[0]!r} holds lists or structs; write one value a row")
    for group in range(meta.num_row_groups):
        for place, leaf in leaves:
            says = meta.row_group(group).column(place)
            first = says.dictionary_page_offset or says.data_page_offset
            if first > says.data_page_offset or min(first, says.total_compressed_size) < 0:
                raise OddPages("a dictionary after its pages")
            yield _Chunk(
                group,
                leaf.path,
                leaf.physical_type == "BYTE_ARRAY",
                max(leaf.length, 0),
                first,
                first + says.total_compressed_size,
            )


def _sum(found: Sequence[Page]) -> tuple[int, int]:
    values = sum(page.n_values for page in found if page.kind != DICTIONARY_PAGE)
    return values, sum(page.n_bytes for page in found)


def _meant(column: pa.ChunkedArray) -> int:
    """Bytes of all texts of a column that was left as a dictionary and its indices."""
    n_bytes = 0
    for part in column.chunks:
        texts = part.dictionary if pa.types.is_dictionary(part.type) else part
        lengths = pc.binary_length(texts)
        if texts is not part:
            lengths = lengths.cast(pa.int64()).take(part.indices)
        n_bytes += pc.sum(lengths).as_py() or 0
    return n_bytes


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def _unreadable(path: Path, error: BaseException) -> DataError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"{path}: cannot be read as parquet ({said}); write it again")
