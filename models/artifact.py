"""An artifact: a folder of `.npy` files and a manifest, written once, never edited. Format: `models/README.md`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from models import manifest as manifests
from models.errors import ArtifactError, refusal
from models.manifest import ARRAY_NAME, ARTIFACT_NAME, DESCRIPTION, FORMAT, MANIFEST
from models.npy import read_array, write_array

__all__ = ["FORMAT", "Artifact", "ArtifactError", "read_artifact", "write_artifact"]


@dataclass(frozen=True)
class Artifact:
    """One version of one model, open for reading."""

    name: str
    version: str
    path: Path
    manifest: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    """Read-only memory maps, one per `.npy` file."""


def write_artifact(shelf: Path, name: str, arrays: Mapping[str, np.ndarray], manifest: Mapping[str, Any]) -> Artifact:
    """Write `shelf/name/<version>/` and open it; the version is the content hash, so writing twice writes once,
    and heals a version that was damaged since.

    `manifest` holds exactly the keys of `manifest.DESCRIPTION`; the rest is reckoned here. The folder appears whole
    or not at all: files are written and flushed in a temporary folder beside it, which is then renamed.
    ArtifactError for an unusable name, key, value or array, and when the disk refuses.
    """
    _check_names(name, arrays, manifest)
    parent = shelf / name
    folder = parent / f".writing-{secrets.token_hex(8)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
        try:
            version = _fill(folder, name, arrays, manifest)
            return _publish(folder, parent / version)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise ArtifactError(f"{parent}: cannot write ({error.strerror}): free the disk or fix its rights") from error


def read_artifact(path: Path, *, verify: bool = True) -> Artifact:
    """Open the artifact in folder `path`; ArtifactError unless it is exactly what its manifest says.

    `verify=False` skips only the sha256 of the array files, for opening again what this process has verified.
    """
    if not path.is_dir():
        raise ArtifactError(f"{path}: no such artifact folder: train first, or restore it from a copy")
    manifest = manifests.load(path / MANIFEST)
    expected = {MANIFEST, *(f"{name}.npy" for name in manifest["arrays"])}
    try:
        found = set(os.listdir(path))
    except OSError as error:
        raise refusal(path, error.strerror or "unreadable") from error
    if missing := sorted(expected - found):
        raise refusal(path / missing[0], "missing")
    if extra := sorted(found - expected):
        raise refusal(path / extra[0], "not named by the manifest")
    arrays = {
        name: read_array(path / f"{name}.npy", entry, verify=verify)
        for name, entry in sorted(manifest["arrays"].items())
    }
    return Artifact(manifest["name"], manifest["version"], path, MappingProxyType(manifest), MappingProxyType(arrays))


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk, so that a rename inside it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_names(name: str, arrays: Mapping[str, np.ndarray], manifest: Mapping[str, Any]) -> None:
    if not ARTIFACT_NAME.fullmatch(name):
        raise ArtifactError(f"artifact name {name!r} is not lower-case letters, digits, - and _: rename it")
    for array_name in arrays:
        if not ARRAY_NAME.fullmatch(array_name):
            raise ArtifactError(f"array name {array_name!r} is not lower-case letters, digits and _: rename it")
    if different := sorted(manifest.keys() ^ DESCRIPTION.keys()):
        state = "missing" if different[0] in DESCRIPTION else "not one the caller states"
        raise ArtifactError(f"manifest key {different[0]!r} is {state}: give exactly {', '.join(sorted(DESCRIPTION))}")


def _fill(folder: Path, name: str, arrays: Mapping[str, np.ndarray], manifest: Mapping[str, Any]) -> str:
    """Write every file into `folder`; return the version."""
    try:
        # Through JSON once, so that what is hashed is what will be read back (tuples, whole numbers as keys).
        plain = json.loads(json.dumps(dict(manifest), allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{MANIFEST}: {error}: give plain JSON values, null for no value") from error
    entries = {key: write_array(folder / f"{key}.npy", arrays[key]) for key in sorted(arrays)}
    full: dict[str, Any] = {**plain, "format": FORMAT, "name": name, "arrays": entries, "version": ""}
    full["version"] = manifests.version_of(full)
    with (folder / MANIFEST).open("xb") as file:
        file.write(manifests.dump(full))
        file.flush()
        os.fsync(file.fileno())
    # Reading back applies every rule of the reader before the folder can be seen under its final name.
    return read_artifact(folder).version


def _publish(folder: Path, target: Path) -> Artifact:
    sync_folder(folder)
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        try:
            return read_artifact(target)  # written before, or by another process a moment ago: same hash, same bytes
        except ArtifactError:
            target.rename(folder.with_name(f"{folder.name}-damaged"))
            folder.rename(target)
            shutil.rmtree(folder.with_name(f"{folder.name}-damaged"), ignore_errors=True)
    sync_folder(target.parent)
    return read_artifact(target, verify=False)
