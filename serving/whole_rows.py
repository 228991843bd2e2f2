"""Rows of a CSV file that grows: each is in it whole or not at all, whatever breaks while it is written."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

Row = Sequence[str | int | None]


def append(file: Path, header: Sequence[str], rows: Sequence[Row]) -> None:
    """Add rows, below the header where nothing stands yet. Raises OSError, and the file is what it was before."""
    with file.open("ab", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows if size else [header, *rows])
        left = memoryview(text.getvalue().encode("utf-8"))
        try:
            while left:
                left = left[stream.write(left) :]
        except OSError:
            # A row of which half is there would take the next one with it.
            stream.truncate(size)
            raise


def cut_torn(file: Path) -> None:
    """Take away what stands behind the last end of a line: a row that a killed process was writing. Raises OSError."""
    with file.open("r+b") as stream:
        stream.truncate(stream.read().rfind(b"\n") + 1)
