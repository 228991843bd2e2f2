"""One array, one `.npy` file: written little-endian in C order, mapped back only after its header has been checked."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy_format

from models.errors import ArtifactError, refusal

DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1")
MAX_DIMENSIONS = 4
_MAX_HEADER_BYTES = 4096


def write_array(path: Path, array: np.ndarray) -> dict[str, Any]:
    """Write one array and flush it to disk; return its manifest entry `{dtype, shape, sha256}`.

    Any byte order and memory order goes in. ArtifactError for a dtype or a number of dimensions outside the format.
    """
    source = np.asarray(array)
    kind = source.dtype.newbyteorder("<").str if source.dtype.kind in "fiub" else source.dtype.str
    if kind not in DTYPES:
        raise ArtifactError(f"{path.name}: dtype {source.dtype} is not one of {', '.join(DTYPES)}: cast the array")
    if not 1 <= source.ndim <= MAX_DIMENSIONS:
        raise ArtifactError(f"{path.name}: {source.ndim} dimensions, not 1 to {MAX_DIMENSIONS}: reshape the array")
    plain = np.ascontiguousarray(source, dtype=np.dtype(kind))
    with path.open("xb") as file:
        npy_format.write_array(file, plain, version=(1, 0), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"dtype": kind, "shape": list(plain.shape), "sha256": _sha256(path)}


def read_array(path: Path, entry: Mapping[str, Any], *, verify: bool) -> np.ndarray:
    """Map one array read-only after its header, size and (`verify`) sha256 agree with its manifest entry.

    ArtifactError otherwise. Nothing is unpickled and no memory is claimed before the checks have passed.
    """
    try:
        _check_header(path, entry)
        if verify and _sha256(path) != entry["sha256"]:
            raise refusal(path, "sha256 differs from the manifest's")
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False, max_header_size=_MAX_HEADER_BYTES)
    except OSError as error:
        raise refusal(path, error.strerror or "unreadable") from error
    except ValueError as error:
        raise refusal(path, f"not a readable .npy file ({' '.join(str(error).split())[:200]})") from error
    return mapped


def _check_header(path: Path, entry: Mapping[str, Any]) -> None:
    """Refuse whatever numpy would unpickle, reorder or read short."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise refusal(path, "not a regular file")
    with path.open("rb") as file:
        shape, fortran, dtype = _header(path, file)
        n_bytes = os.fstat(file.fileno()).st_size - file.tell()
    if dtype.str not in DTYPES:  # object is |O and a structure is |V, so neither passes
        stated = dtype.str if dtype.names is None else "structured"
        raise refusal(path, f"dtype {stated} is not one of {', '.join(DTYPES)}")
    if fortran:
        raise refusal(path, "Fortran order, not C order")
    if not 1 <= len(shape) <= MAX_DIMENSIONS or min(shape) < 0:
        raise refusal(path, f"shape {shape} is not 1 to {MAX_DIMENSIONS} sizes")
    if dtype.str != entry["dtype"]:
        raise refusal(path, f"dtype {dtype.str} differs from the manifest's {entry['dtype']}")
    if list(shape) != entry["shape"]:
        raise refusal(path, f"shape {list(shape)} differs from the manifest's {entry['shape']}")
    expected = math.prod(shape) * dtype.itemsize
    if n_bytes != expected:
        raise refusal(path, f"holds {n_bytes} bytes of data where its shape needs {expected}")


def _header(path: Path, file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        if (version := npy_format.read_magic(file)) != (1, 0):
            raise refusal(path, f".npy version {version[0]}.{version[1]}, not 1.0")
        return npy_format.read_array_header_1_0(file, max_header_size=_MAX_HEADER_BYTES)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, EOFError) as error:
        raise refusal(path, "its .npy header is damaged") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
