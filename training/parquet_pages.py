"""The pages of a parquet's columns, as their own headers say, which a reader goes by whatever the footer says: how many values
each holds, how they are written, and how much it unpacks into. No page is unpacked for it.

`PageHeader` in https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from training.compact import Struct, decode_at

DICTIONARY_PAGE = 2
DELTA_BYTE_ARRAY = 7
"""An encoding: each text is so many letters of the one before and what comes after them."""
_WINDOWS = (1 << 10, 1 << 24)
# Fields of PageHeader, and of the header of each type of page.
_TYPE, _UNPACKED, _PACKED = 1, 2, 3
_HEADERS = {0: 5, DICTIONARY_PAGE: 7, 3: 8}
_N_VALUES = 1
_ENCODING = {0: 2, DICTIONARY_PAGE: 2, 3: 4}


class OddPages(ValueError):
    """Pages that can't be followed."""


class Page(NamedTuple):
    """`n_values`: of a dictionary its entries, else rows. `n_bytes`: unpacked."""

    kind: int
    n_values: int
    encoding: int
    n_bytes: int


def pages(path: Path, ranges: list[tuple[int, int]]) -> Iterator[list[Page]]:
    """The pages of each range [start, end) of bytes, one range a column of a row group. Raises OddPages, OSError."""
    with path.open("rb") as file:
        for start, end in ranges:
            found = list[Page]()
            while start < end:
                page, start = _page(file, start, end)
                found.append(page)
            yield found


def _page(file: IO[bytes], start: int, end: int) -> tuple[Page, int]:
    """The page at `start` and where the next begins."""
    says, length = _header(file, start, end)
    kind, n_bytes, packed = _number(says, _TYPE), _number(says, _UNPACKED), _number(says, _PACKED)
    after = start + length + packed
    if min(n_bytes, packed) < 0 or after > end:
        raise OddPages("a page that ends beyond its column")
    told = says.get(_HEADERS.get(kind, 0))
    if told is None or not isinstance(told[1], dict):
        return Page(kind, 0, 0, n_bytes), after
    n_values = _number(told[1], _N_VALUES)
    if n_values < 0:
        raise OddPages("a page of fewer than no values")
    return Page(kind, n_values, _number(told[1], _ENCODING[kind]), n_bytes), after


def _header(file: IO[bytes], start: int, end: int) -> tuple[Struct, int]:
    for window in _WINDOWS:
        file.seek(start)
        data = file.read(min(window, end - start))
        try:
            return decode_at(data)
        except (ValueError, RecursionError):
            if len(data) < window:
                break
    raise OddPages("a page without a header")


def _number(says: Struct, field: int) -> int:
    value = says.get(field, (0, None))[1]
    if not isinstance(value, int):
        raise OddPages("a page's header that lacks a number")
    return value
