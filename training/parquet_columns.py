"""The wanted columns of a parquet file, measured before they are read: what is not asked for takes no memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from training.bulk import check_cells, check_width
from training.parts import DataError
from training.repeats import ROW

_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)


def parquet_schema(path: Path) -> pl.Schema:
    """Names and types of its columns. DataError when it can't be read, or has too many."""
    try:
        schema = _scan(path).collect_schema()
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None
    check_width(path, len(schema))
    return schema


def read_parquet(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """`columns` with `ROW`, from 1. DataError when they can't be read, or are more than such a file may unpack into."""
    try:
        check_cells(path, _scan(path).select(pl.len()).collect().item() * len(columns))
        frame = pl.read_parquet(
            path, columns=list(columns), glob=False, hive_partitioning=False, row_index_name=ROW, row_index_offset=1
        )
        # A dictionary holds a long text once and gives it to every row.
        texts = [frame[name].str.len_bytes() for name in columns if frame.schema[name] == pl.String]
        texts += [frame[name].bin.size() for name in columns if frame.schema[name] == pl.Binary]
        check_cells(path, 0, sum(int(lengths.sum()) for lengths in texts))
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None
    return frame


def _scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path, glob=False, hive_partitioning=False)


def _unreadable(path: Path, error: BaseException) -> DataError:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"{path}: cannot be read as parquet ({said}); write it again")
