"""The shelf: `shelf/<name>/<version>/`, and `CURRENT`, which names the version that serves. Replaced, never edited."""

from __future__ import annotations

from pathlib import Path

from models.artifact import Artifact, ArtifactError, read_artifact
from models.manifest import ARTIFACT_NAME, MANIFEST, VERSION
from models.pointers import MOST_LINES, locked, read_lines, replace_lines

CURRENT = "CURRENT"
HISTORY = "HISTORY"
HISTORY_LIMIT = MOST_LINES


def versions(shelf: Path, name: str) -> list[str]:
    """Versions on the shelf, oldest written first (ties by version). Unfinished writings (dot folders) do not count."""
    folder = _folder(shelf, name)
    if not folder.is_dir():
        return []
    whole = [entry for entry in folder.iterdir() if VERSION.fullmatch(entry.name) and (entry / MANIFEST).is_file()]
    return [entry.name for entry in sorted(whole, key=lambda e: ((e / MANIFEST).stat().st_mtime_ns, e.name))]


def current(shelf: Path, name: str) -> str | None:
    """The version that serves, or None before the first promotion. ArtifactError when `CURRENT` is damaged."""
    lines = read_lines(_folder(shelf, name) / CURRENT)
    if lines is None:
        return None
    if len(lines) != 1:
        raise ArtifactError(f"{_folder(shelf, name) / CURRENT}: not one version: promote a version again")
    return lines[0]


def point(shelf: Path, name: str, version: str) -> None:
    """Make `version` the one that serves, after verifying every byte of it. ArtifactError leaves all as it was.

    `HISTORY` keeps the last `HISTORY_LIMIT` distinct versions in the order in which they were promoted, the current one
    last. Pointing at the one before it is a rollback: what was promoted since is withdrawn and leaves `HISTORY`, so that
    a second rollback moves one further back, and nobody falls back on what was withdrawn (`published`).
    """
    load(shelf, name, version)
    folder = _folder(shelf, name)
    with locked(folder):
        past, now_serving = read_lines(folder / HISTORY) or [], _current_if_sound(shelf, name)
        if now_serving in past:
            past = past[: past.index(now_serving) + 1]
        elif now_serving is not None:
            past.append(now_serving)
        if version == _before(folder, past):
            # `CURRENT` first: broken off in between, the rollback is done.
            replace_lines(folder / CURRENT, [version])
            replace_lines(folder / HISTORY, past[: past.index(version) + 1])
            return
        if version != now_serving:
            past = [*(v for v in past if v != version), version][-HISTORY_LIMIT:]
            replace_lines(folder / HISTORY, past)
        replace_lines(folder / CURRENT, [version])


def previous(shelf: Path, name: str) -> str | None:
    """The version that served before the current one and is still on the shelf, or None: what a rollback points at."""
    folder = _folder(shelf, name)
    past, now_serving = read_lines(folder / HISTORY) or [], current(shelf, name)
    return _before(folder, past[: past.index(now_serving) + 1]) if now_serving in past else None


def published(shelf: Path, name: str) -> list[str]:
    """What may serve while the current version can't be loaded: what was promoted and not withdrawn since, latest first. With a
    `CURRENT` that is damaged or gone the current version itself is the first: `HISTORY` names it too.

    Never one that only stands on the shelf: it may be a candidate that the gate has refused. ArtifactError when `HISTORY` is
    damaged.
    """
    past, now_serving = read_lines(_folder(shelf, name) / HISTORY) or [], _current_if_sound(shelf, name)
    return past[: past.index(now_serving) if now_serving in past else None][::-1]


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
