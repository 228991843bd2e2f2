"""How much an input file may unpack into: small files that become huge are refused before memory is taken for them.

A file may hold MAX_RATIO times its own size, a small one TEXT or CELLS. Real tables stay far below: text shrinks ten- to
twentyfold.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from training.parts import DataError

MAX_COLUMNS = 1_000
MAX_LINE = 1 << 20
"""Bytes; also the step in which a file is read, so no line inside of one step is longer."""
MAX_RATIO = 100
TEXT = 64 << 20
"""Bytes that any `.csv.gz` may hold."""
CELLS = 256 << 20
"""Bytes that the cells of any file may take."""
MAX_FOOTER = 16 << 20
"""Bytes at the end of a parquet that say where all the rest is."""
_CELL = 16
_LINE = 4
"""Cells that a line costs, an empty one too."""
_NO_TEXT = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b": "packed by gzip",
    b"PAR1": "a parquet",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "a database",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
}
"""What a text of rows never begins with, and an archive that is called `.csv` does."""


def unpacked(path: Path) -> bytes:
    """The bytes of a text file, of a `.gz` unpacked. DataError when it can't be read, is no text, or a line or the
    whole is too long."""
    parts, size, begun, number = list[bytes](), 0, 0, 1
    packed = path.suffix.lower() == ".gz"
    try:
        limit = max(TEXT, MAX_RATIO * path.stat().st_size) if packed else None
        with gzip.open(path) if packed else path.open("rb") as stream:
            while step := stream.read(MAX_LINE):
                size += len(step)
                if limit is not None and size > limit:
                    raise DataError(f"{path}: unpacks into more than {limit:,} bytes; unpack it and give the .csv")
                end = step.find(b"\n")
                if begun + (len(step) if end < 0 else end) > MAX_LINE:
                    raise DataError(
                        f"{path}: line {number} is longer than {MAX_LINE:,} bytes; end each row with LF or CRLF"
                    )
                begun = begun + len(step) if end < 0 else len(step) - 1 - step.rfind(b"\n")
                number += step.count(b"\n")
                parts.append(step)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); check the file and its rights, or write it again") from None
    text = b"".join(parts)
    check_text(path, text[:64])
    check_lines(path, text)
    return text


def check_text(path: Path, text: bytes) -> None:
    """DataError when what should be rows of text is an archive or another format under its name."""
    for begins, is_one in _NO_TEXT.items():
        if text.startswith(begins):
            raise DataError(f"{path}: is {is_one}, not CSV; unpack it or export it as CSV, and give that")


def check_width(path: Path, n_columns: int) -> None:
    """DataError when a table has too many columns."""
    if n_columns > MAX_COLUMNS:
        raise DataError(f"{path}: has {n_columns:,} columns; a table has at most {MAX_COLUMNS:,}")


def check_lines(path: Path, text: bytes) -> None:
    """DataError when the lines and cells of an unpacked text are more than the file may unpack into."""
    check_cells(path, _LINE * text.count(b"\n") + text.count(b","))


def check_cells(path: Path, n_cells: int, n_bytes: int = 0) -> None:
    """DataError when a table of that many cells, their text `n_bytes` long, is more than the file may unpack into."""
    limit = max(CELLS, MAX_RATIO * path.stat().st_size)
    if max(n_cells * _CELL, n_bytes) > limit:
        raise DataError(f"{path}: unpacks into more than {limit:,} bytes; split it, or write fewer rows")


def listed(names: list[str]) -> str:
    """Some names of columns for a message, what is invisible in them written out."""
    told = [name[:60] if name.isprintable() else ascii(name[:60])[1:-1] for name in names[:20]]
    return ", ".join([*told, f"and {len(names) - 20:,} more"] if len(names) > 20 else told) or "none"
