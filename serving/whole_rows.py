"""Rows of a CSV file that grows: each is in it whole or not at all, whatever breaks while it is written."""

from __future__ import annotations

import os
from pathlib import Path


def append(file: Path, header: str, lines: str) -> None:
    """Add whole lines, below the header's where nothing stands yet. Raises OSError, and the file is what it was before."""
    with file.open("ab", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        left = memoryview((lines if size else header + lines).encode("utf-8"))
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
