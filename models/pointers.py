"""Files that name versions, one a line: read strictly, replaced and never edited."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.artifact import ArtifactError, sync_folder
from models.manifest import VERSION

MOST_LINES = 50


def read_lines(path: Path) -> list[str] | None:
    """Versions, or None without the file. ArtifactError for anything else in it."""
    try:
        lines = path.read_text("ascii").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: unreadable: promote a version again") from error
    if len(lines) > MOST_LINES or not all(VERSION.fullmatch(line) for line in lines):
        raise ArtifactError(f"{path}: holds something other than versions: delete it and promote a version again")
    return lines


def replace_lines(path: Path, lines: list[str]) -> None:
    """Durable, and whole or not at all. ArtifactError when it can't be written."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot write ({error.strerror}): free the disk or fix its rights") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Two promotions at once happen one after the other, so neither loses the other's line of history."""
    try:
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot write ({error.strerror}): fix its rights") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
