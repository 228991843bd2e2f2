"""The file of a SQLite ledger, held to be the one at its path for as long as a process goes on with it.

SQLite opens what it finds at a path, or makes it, and never looks again. A file that was moved, deleted or replaced is still
written by who opened it, and nobody will read that; who opens the path afterwards begins an empty ledger. So the file is looked
at before a connection is made, when one is taken from the pool, and after each commit: what went where nobody will look
was not done.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any

import sqlalchemy as sa

CACHE_KIB = 32_000
"""Of pages, a connection: a group looks at some thousand of them all over the file."""


class LedgerFile:
    """The file at `path`, as of the first connection to it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def opened(self, *told: Any, **named: Any) -> sqlite3.Connection:
        """A connection (`sqlite3.connect(factory=)`). Raises OSError where there is another file, or none, by now."""
        self.check()
        made = _Connection(*told, **named)
        made.file = self
        return made

    def check(self) -> None:
        """Raises OSError if the file is gone or another."""
        if self._known is not None and self._found() != self._known:
            raise OSError("the file that was opened is no longer there; put it back, or start the service anew")

    def remember(self) -> None:
        """It is there now, by whoever opened it first."""
        self._known = self._known or self._found()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino


class _Connection(sqlite3.Connection):
    """One whose commits are held to have gone where others will read."""

    file: LedgerFile

    def commit(self) -> None:
        super().commit()
        self.file.check()


def watch(engine: sa.Engine, file: LedgerFile, wait_s: float) -> None:
    """Look after the file of a SQLite engine that was made with `connect_args={"factory": file.opened}`. wait_s: at most, for
    others to let go of it."""

    def begin(connection: sqlite3.Connection, _: Any) -> None:
        _tune(connection, wait_s)
        file.remember()

    sa.event.listen(engine, "connect", begin)
    sa.event.listen(engine, "checkout", lambda *_: file.check())


def _tune(connection: sqlite3.Connection, wait_s: float) -> None:
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver guesses
    connection.execute("PRAGMA synchronous=FULL").close()
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}").close()
    # What is erased must not lie on in the file. FAST would leave it in pages that become free whole: a person's many rows.
    connection.execute("PRAGMA secure_delete=ON").close()
    give_up = time.monotonic() + wait_s
    while True:
        try:
            # SQLite doesn't wait its busy timeout for the lock that turns a new file into WAL, so we do.
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.005)
