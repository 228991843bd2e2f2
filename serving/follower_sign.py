"""That the follower beside the workers looks: a file in `home` that it touches as it does, and whose age the metrics tell."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

NAME = "follower"


def looked(home: Path) -> None:
    """Say that everything told of so far has been looked at. Raises OSError."""
    (home / NAME).touch(mode=0o600)


def awaited(home: Path) -> None:
    """Say that somebody is about to look for the first time, so that one who never comes to it is silent too. What it said before
    stands."""
    with suppress(OSError):
        (home / NAME).touch(mode=0o600, exist_ok=False)


def left(home: Path) -> None:
    """Say that nobody looks any more and nobody will: no alert may wait for it."""
    with suppress(OSError):
        (home / NAME).unlink(missing_ok=True)


def silent_s(home: Path, now: datetime) -> float | None:
    """Seconds since the follower looked, or was first awaited; None where there is none."""
    try:
        return max(0.0, now.timestamp() - (home / NAME).stat().st_mtime)
    except OSError:
        return None
