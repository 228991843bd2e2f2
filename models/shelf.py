"""The shelf: `shelf/<name>/<version>/`, and `CURRENT`, which names the version that serves. Replaced, never edited."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.artifact import Artifact, ArtifactError, read_artifact, sync_folder
from models.manifest import ARTIFACT_NAME, MANIFEST, VERSION

CURRENT = "CURRENT"
HISTORY = "HISTORY"
HISTORY_LIMIT = 50


def versions(shelf: Path, name: str) -> list[str]:
    """Versions on the shelf, oldest written first (ties by version). Unfinished writings (dot folders) do not count."""
    folder = _folder(shelf, name)
    if not folder.is_dir():
        return []
    whole = [entry for entry in folder.iterdir() if VERSION.fullmatch(entry.name) and (entry / MANIFEST).is_file()]
    return [entry.name for entry in sorted(whole, key=lambda e: ((e / MANIFEST).stat().st_mtime_ns, e.name))]


def current(shelf: Path, name: str) -> str | None:
    """The version that serves, or None before the first promotion. ArtifactError when `CURRENT` is damaged."""
    lines = _lines(_folder(shelf, name) / CURRENT)
    if lines is None:
        return None
    if len(lines) != 1:
        raise ArtifactError(f"{_folder(shelf, name) / CURRENT}: not one version: promote a version again")
    return lines[0]


def point(shelf: Path, name: str, version: str) -> None:
    """Make `version` the one that serves, after verifying every byte of it. ArtifactError leaves all as it was.

    `HISTORY` keeps the last `HISTORY_LIMIT` distinct versions in the order in which they were promoted. Pointing at
    the one before the current is a rollback: only `CURRENT` moves, so that a second rollback moves one further back.
    """
    load(shelf, name, version)
    folder = _folder(shelf, name)
    with _locked(folder):
        past, now_serving = _lines(folder / HISTORY) or [], _current_if_sound(shelf, name)
        if now_serving in past:
            past = past[: past.index(now_serving) + 1]
        elif now_serving is not None:
            past.append(now_serving)
        if version != now_serving and version != _before(folder, past):
            past = [*(v for v in past if v != version), version][-HISTORY_LIMIT:]
            _replace(folder / HISTORY, past)
        _replace(folder / CURRENT, [version])


def previous(shelf: Path, name: str) -> str | None:
    """The version that served before the current one and is still on the shelf, or None: what a rollback points at."""
    folder = _folder(shelf, name)
    past, now_serving = _lines(folder / HISTORY) or [], current(shelf, name)
    return _before(folder, past[: past.index(now_serving) + 1]) if now_serving in past else None


def load(shelf: Path, name: str, version: str, *, verify: bool = True) -> Artifact:
    """Open one version. ArtifactError when it is not there, damaged, or another artifact under a borrowed name."""
    if not VERSION.fullmatch(version):
        raise ArtifactError(f"version {version!r} is not 16 hex digits: `daypart models` lists the versions")
    path = _folder(shelf, name) / version
    if not path.is_dir():
        raise ArtifactError(
            f"{path}: no such version: `daypart models` lists the versions; where it is in use, train and promote again"
        )
    artifact = read_artifact(path, verify=verify)
    if (artifact.name, artifact.version) != (name, version):
        raise ArtifactError(f"{path}: holds {artifact.name} {artifact.version}: put the folder back under its own name")
    return artifact


def load_current(shelf: Path, name: str, *, verify: bool = True) -> Artifact:
    """Open the version that serves. ArtifactError when there is none yet, or it is damaged."""
    version = current(shelf, name)
    if version is None:
        raise ArtifactError(f"{_folder(shelf, name)}: no {name} has been promoted: train and promote first")
    return load(shelf, name, version, verify=verify)


def _current_if_sound(shelf: Path, name: str) -> str | None:
    """Promotion is the remedy for a damaged `CURRENT`, so it must not stumble over one."""
    try:
        return current(shelf, name)
    except ArtifactError:
        return None


def _before(folder: Path, past: list[str]) -> str | None:
    """The last entry but one of `past`, passing over versions that have been deleted."""
    return next((version for version in reversed(past[:-1]) if (folder / version / MANIFEST).is_file()), None)


def _folder(shelf: Path, name: str) -> Path:
    if not ARTIFACT_NAME.fullmatch(name):
        raise ArtifactError(f"artifact name {name!r} is not lower-case letters, digits, - and _: check the name")
    return shelf / name


def _lines(path: Path) -> list[str] | None:
    try:
        lines = path.read_text("ascii").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: unreadable: promote a version again") from error
    if len(lines) > HISTORY_LIMIT or not all(VERSION.fullmatch(line) for line in lines):
        raise ArtifactError(f"{path}: holds something other than versions: delete it and promote a version again")
    return lines


def _replace(path: Path, lines: list[str]) -> None:
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
def _locked(folder: Path) -> Iterator[None]:
    """Two promotions at once happen one after the other, so neither loses the other's line of history."""
    try:
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot write ({error.strerror}): fix its rights") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
