"""Which code and which libraries made an artifact: what every manifest states."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def libraries(names: Iterable[str]) -> dict[str, str]:
    """The installed version of each library, "absent" where there is none."""
    return {name: _version(name) for name in names}


def commit() -> str:
    """Git commit of this code, "unknown" outside a checkout."""
    try:
        told = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told.stdout.strip()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"
