"""`manifest.json`: which keys it holds, how it is read without trust, and how its version is made."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from models.errors import ArtifactError, refusal

FORMAT = 1
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
MAX_ARRAYS = 256
DESCRIPTION: Mapping[str, type] = {
    "trained_through": str,
    "feature_service": str,
    "features": list,
    "parameters": dict,
    "seeds": dict,
    "libraries": dict,
    "commit": str,
    "metrics": dict,
}
"""What the writer's caller states: key to JSON kind. The rest of the manifest is reckoned from the arrays."""
KEYS: Mapping[str, type] = {"format": int, "name": str, "version": str, "arrays": dict, **DESCRIPTION}
ARRAY_KEYS: Mapping[str, type] = {"dtype": str, "shape": list, "sha256": str}
ARRAY_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
ARTIFACT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
VERSION = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}


def version_of(manifest: Mapping[str, Any]) -> str:
    """Content hash: the first 16 hex digits of the sha256 of the manifest without `version`, as canonical JSON.

    Canonical means UTF-8, keys sorted, no spaces, no NaN. The manifest holds the sha256 of each array file, so the
    version vouches for every byte of the artifact. Raises ValueError or TypeError for values that JSON cannot hold.
    """
    content = {key: value for key, value in manifest.items() if key != "version"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def dump(manifest: Mapping[str, Any]) -> bytes:
    """The bytes of `manifest.json`: readable by people, the same for the same values."""
    return (json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def load(path: Path) -> dict[str, Any]:
    """Read and check `manifest.json`; ArtifactError when it is not exactly what the format says."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise refusal(path, "not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise refusal(path, error.strerror or "unreadable") from error
    if len(data) > MAX_MANIFEST_BYTES:
        raise refusal(path, f"larger than {MAX_MANIFEST_BYTES} bytes")
    try:
        manifest = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refusal(path, f"not the JSON of a manifest ({_line(error)})") from error
    if not isinstance(manifest, dict):
        raise refusal(path, "not a JSON object")
    check(path, manifest)
    return manifest


def check(path: Path, manifest: Mapping[str, Any]) -> None:
    """ArtifactError for a manifest of a higher format, with other keys or kinds, or whose version is not its hash."""
    number = manifest.get("format")
    if type(number) is int and number > FORMAT:
        raise ArtifactError(f"{path}: format {number} is newer than this build reads ({FORMAT}): upgrade daypart")
    _check_kinds(path, manifest, KEYS, "")
    if number != FORMAT:
        raise refusal(path, f"format {number} was never published")
    if not ARTIFACT_NAME.fullmatch(manifest["name"]):
        raise refusal(path, f"name {manifest['name']!r} is not lower-case letters, digits, - and _")
    if not all(isinstance(feature, str) for feature in manifest["features"]):
        raise refusal(path, "features is not a list of text")
    _check_time(path, manifest["trained_through"])
    _check_arrays(path, manifest["arrays"])
    try:
        version = version_of(manifest)
    except (TypeError, ValueError, RecursionError) as error:
        raise refusal(path, f"holds a value that JSON cannot ({_line(error)}); write null for no value") from error
    if manifest["version"] != version:
        raise refusal(path, f"version {manifest['version']!r} is not the content hash {version}")


def _check_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    if len(arrays) > MAX_ARRAYS:
        raise refusal(path, f"names {len(arrays)} arrays, more than {MAX_ARRAYS}")
    for name, entry in arrays.items():
        if not ARRAY_NAME.fullmatch(name):
            raise refusal(path, f"array name {name!r} is not lower-case letters, digits and _")
        if not isinstance(entry, dict):
            raise refusal(path, f"arrays.{name} is not an object")
        _check_kinds(path, entry, ARRAY_KEYS, f"arrays.{name}.")
        if not all(type(size) is int and size >= 0 for size in entry["shape"]):
            raise refusal(path, f"arrays.{name}.shape is not a list of sizes")
        if not _SHA256.fullmatch(entry["sha256"]):
            raise refusal(path, f"arrays.{name}.sha256 is not 64 hex digits")


def _check_kinds(path: Path, values: Mapping[str, Any], kinds: Mapping[str, type], where: str) -> None:
    if missing := sorted(kinds.keys() - values.keys()):
        raise refusal(path, f"lacks {where}{missing[0]}")
    if unknown := sorted(values.keys() - kinds.keys()):
        raise refusal(path, f"has the unknown key {where + unknown[0]!r}")
    for key, kind in kinds.items():
        if type(values[key]) is not kind:  # bool is an int to isinstance, and must not pass for one
            raise refusal(path, f"{where}{key} is not {_KINDS[kind]}")


def _check_time(path: Path, text: str) -> None:
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise refusal(path, f"trained_through {text!r} is not an RFC 3339 time with offset")


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"key {key!r} appears twice")
        values[key] = value
    return values


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
