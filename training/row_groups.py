"""Rows taken out of a parquet file at the price of the row groups that hold them: the others go over byte for byte.

A row group of `Metadata.thrift` in the parquet format is a range of bytes and what the footer says of it, so a new file is put
together from the old ranges, those of the groups written anew, and a footer in which offsets are moved. Page indexes and Bloom
filters, which speak of rows that may be gone, are left out: readers do without.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from os import SEEK_END
from pathlib import Path
from typing import IO, NamedTuple

import polars as pl

from training.compact import Struct, decode, encode
from training.parts import LEVEL, MAGIC, whole

_COPIED = 1 << 20
# Fields of FileMetaData, RowGroup, ColumnChunk and ColumnMetaData.
_SCHEMA, _N_ROWS, _GROUPS = 2, 3, 4
_COLUMNS, _GROUP_ROWS, _GROUP_AT, _ORDINAL = 1, 3, 5, 7
_CHUNK_AT, _META, _INDEXES = 2, 3, (4, 5, 6, 7)
_SIZE, _PAGES_AT, _BLOOM = 7, (9, 10, 11), (14, 15)


class OddFile(ValueError):
    """A file that other hands wrote: read it and write it whole."""


class Group(NamedTuple):
    """A row group's part of the footer, and the bytes [start, end) of its file."""

    says: Struct
    start: int
    end: int


def cut(path: Path, places: Sequence[int]) -> None:
    """Write a file anew without the rows at `places` (ascending, from 0), whole or not at all. Raises OddFile, DataError."""
    with path.open("rb") as old:
        footer, groups = _read(old)
        ends = list(accumulate(group.says[_GROUP_ROWS][1] for group in groups))
        gone: dict[int, list[int]] = {}
        for place in places:
            gone.setdefault(bisect_right(ends, place), []).append(place)
        kept = list[Struct]()
        with whole(path) as new:
            new.write(MAGIC)
            for at, group in enumerate(groups):
                if at not in gone:
                    kept.append(_copied(old, group, new, len(kept)))
                elif len(rows := _without(path, ends[at] - group.says[_GROUP_ROWS][1], ends[at], gone[at])):
                    kept.append(_written(rows, footer, new, len(kept)))
            footer[_N_ROWS] = footer[_N_ROWS][0], ends[-1] - len(places)
            footer[_GROUPS] = footer[_GROUPS][0], (footer[_GROUPS][1][0], kept)
            told = encode(footer)
            new.write(told + len(told).to_bytes(4, "little") + MAGIC)


def _read(file: IO[bytes]) -> tuple[Struct, list[Group]]:
    """The footer of a file, and its row groups."""
    try:
        file.seek(-8, SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-8 - length, SEEK_END)
        footer = decode(file.read(length))
        return footer, [_group(says) for says in footer[_GROUPS][1][1]]
    except (KeyError, TypeError, ValueError) as error:
        raise OddFile(f"its footer is odd ({error})") from None


def _group(says: Struct) -> Group:
    metas = [column[_META][1] for column in says[_COLUMNS][1][1]]
    # A dictionary's offset is left out, or 0, where there is none.
    starts = [min(meta[field][1] for field in _PAGES_AT if meta.get(field, (0, 0))[1]) for meta in metas]
    return Group(says, min(starts), max(start + meta[_SIZE][1] for start, meta in zip(starts, metas, strict=True)))


def _without(path: Path, start: int, end: int, gone: Sequence[int]) -> pl.DataFrame:
    """Rows [start, end) of a file but for those `gone`, all places counted from the file's first."""
    rows = pl.scan_parquet(path, glob=False, hive_partitioning=False).slice(start, end - start).collect()
    around = pairwise([start - 1, *gone, end])
    return pl.concat([rows.slice(a + 1 - start, b - a - 1) for a, b in around])


def _written(rows: pl.DataFrame, footer: Struct, new: IO[bytes], ordinal: int) -> Struct:
    """Rows encoded as one group at the end of `new`; what the footer says of it."""
    content = io.BytesIO()
    rows.write_parquet(content, compression_level=LEVEL, row_group_size=len(rows))
    said, groups = _read(content)
    if len(groups) != 1 or said[_SCHEMA] != footer[_SCHEMA]:
        raise OddFile("its columns would be written otherwise now")
    return _copied(content, groups[0], new, ordinal)


def _copied(old: IO[bytes], group: Group, new: IO[bytes], ordinal: int) -> Struct:
    """A group's bytes put at the end of `new`; what the footer says of it there."""
    by = new.tell() - group.start
    old.seek(group.start)
    left = group.end - group.start
    while left:
        block = old.read(min(left, _COPIED))
        if not block:
            raise OddFile("a row group is cut short")
        left -= new.write(block)
    columns = []
    for column in group.says[_COLUMNS][1][1]:
        meta = {field: value for field, value in column[_META][1].items() if field not in _BLOOM}
        meta = _moved(meta, _PAGES_AT, by)
        chunk = {field: value for field, value in column.items() if field not in _INDEXES}
        columns.append({**_moved(chunk, (_CHUNK_AT,), by), _META: (column[_META][0], meta)})
    says = _moved(group.says, (_GROUP_AT,), by)
    says[_COLUMNS] = says[_COLUMNS][0], (says[_COLUMNS][1][0], columns)
    if _ORDINAL in says:
        says[_ORDINAL] = says[_ORDINAL][0], ordinal
    return says


def _moved(fields: Struct, offsets: Sequence[int], by: int) -> Struct:
    """The same with `by` added to offsets that are set."""
    return {
        field: (kind, value + by) if field in offsets and value else (kind, value)
        for field, (kind, value) in fields.items()
    }
