"""The files that workers count in, with room on the disk before a number is put into them.

prometheus_client makes a file longer and maps it, and the disk gives a block when a number is first written there. Where it has
none left the kernel ends the process (SIGBUS), and the one that comes after it. Here blocks are asked for first, which is
an error that can be caught: what finds no room is counted in this process alone, so that a full disk takes nothing but a
part of `/metrics`, and goes into the file once there is room.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

log = logging.getLogger("daypart.serving")
FIRST_BYTES = 1 << 16
AGAIN_S = 5.0
"""After the disk said no, it is left alone for so long."""
Value = tuple[float, float]
"""A number and its moment, as prometheus_client keeps them."""
_homeless: set[str] = set()
_BEGAN = "no room for all that /metrics tells, so what is new is counted by each worker alone: %s"
_ENDED = "room again for all that /metrics tells"


class SharedValues:
    """What prometheus_client calls a MmapedDict, for one file that is written by this process. Not thread safe, as there."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: _Allocated | None = None
        self._kept: dict[str, Value] = {}
        self._until_s = float("-inf")
        self._move_if_due()

    def read_value(self, key: str) -> Value:
        """What it stands at, 0 when new."""
        if not self._stands(key):
            self._kept.setdefault(key, (0.0, 0.0))
            self._move_if_due()
        if self._file is None or not self._stands(key):
            return self._kept[key]
        found: Value = self._file.read_value(key)  # type: ignore[no-untyped-call]
        return found

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Let it stand at this."""
        if self._file is not None and self._stands(key):
            self._file.write_value(key, value, timestamp)  # type: ignore[no-untyped-call]
        else:
            self._kept[key] = (value, timestamp)
            self._move_if_due()

    def close(self) -> None:
        """Let go of the file."""
        _homeless.discard(self._path)
        if self._file is not None:
            self._file.close()  # type: ignore[no-untyped-call]

    def _stands(self, key: str) -> bool:
        return self._file is not None and self._file.holds(key)

    def _move_if_due(self) -> None:
        """Put what waits for room into the file, unless the disk said no a moment ago."""
        if time.monotonic() < self._until_s:
            return
        try:
            self._move_in()
        except OSError as error:
            self._until_s = time.monotonic() + AGAIN_S
            if not _homeless:
                log.warning(_BEGAN, error)
            _homeless.add(self._path)
        else:
            if _homeless == {self._path}:
                log.warning(_ENDED)
            _homeless.discard(self._path)

    def _move_in(self) -> None:
        if self._file is None:
            allocate(self._path, FIRST_BYTES)
            self._file = _Allocated(self._path)  # type: ignore[no-untyped-call]
        for key, told in list(self._kept.items()):
            self._file.make_room(key)
            self._file.write_value(key, *told)  # type: ignore[no-untyped-call]
            del self._kept[key]


class _Allocated(MmapedDict):
    """A file all of whose bytes have their blocks."""

    def holds(self, key: str) -> bool:
        return key in self._positions

    def make_room(self, key: str) -> None:
        """Raises OSError, and leaves everything as it was."""
        # Its length, the text filled up to eight bytes, two doubles: never more than this.
        needed, size = self._used + 4 + len(key.encode()) + 8 + 16, self._capacity
        while size < needed:
            size *= 2
        if size > self._capacity:
            allocate(self._fname, size)


def allocate(path: str, n_bytes: int) -> None:
    """Make the file at least so long, with a block for each byte. A new one appears whole: others read all that stands there.
    Raises OSError."""
    is_new = not os.path.exists(path)
    made = f"{path}.new" if is_new else path
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, max(n_bytes, os.fstat(descriptor).st_size))
        if is_new:
            os.rename(made, path)
    except OSError:
        if is_new:
            with suppress(OSError):
                os.unlink(made)
        raise
    finally:
        os.close(descriptor)


def share() -> None:
    """Have prometheus_client keep its files in this way; before the first metric is made."""
    values.MmapedDict = SharedValues  # type: ignore[attr-defined,assignment]
