"""The ledger's database: opened, migrated and spoken to in transactions; every trouble becomes one plain line.

SQLite runs with WAL, full sync and BEGIN IMMEDIATE (a deferred writer fails under contention instead of waiting);
PostgreSQL with READ COMMITTED and row locks taken in one order: counter, account, coupon.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError

from offers.ledger_file import LedgerFile, watch

REVISION = "0009"
WAIT_S = 5.0
_MIGRATION_LOCK = 0x64617970617274  # "daypart" in ASCII
_CUT = {"tcp_user_timeout": 5000, "keepalives_idle": 5}  # a line cut without a word is noticed in seconds
_BUSY = ("database is locked", "lock timeout", "deadlock detected", "QueuePool limit")


class LedgerError(Exception):
    """The ledger can't be reached or read. The message says which, why and what to do; never a password."""


class LedgerBusy(LedgerError):
    """The ledger answered too slowly or another writer held it too long; the same call may be made again."""


def connect(url: str) -> sa.Engine:
    """An engine for `url` (sqlite or postgresql) whose tables are at our revision. Raises LedgerError."""
    parsed = _parse(url)
    options: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True, "pool_timeout": WAIT_S}
    options["pool_use_lifo"] = True  # a connection used a moment ago still has its pages and plans at hand
    if parsed.get_backend_name() == "sqlite":
        file = LedgerFile(parsed.database or "")
        options["connect_args"] = {"timeout": WAIT_S, "check_same_thread": False, "factory": file.opened}
    else:
        options["connect_args"] = {"connect_timeout": int(WAIT_S), "options": f"-c lock_timeout={WAIT_S:.0f}s"} | _CUT
    with plain_errors(parsed):
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed, **options)
        if engine.dialect.name == "sqlite":
            watch(engine, file, WAIT_S)
        sa.event.listen(engine, "begin", _begin)
        _upgrade(engine)
        return engine


@contextmanager
def transaction(engine: sa.Engine, *, write: bool) -> Iterator[sa.Connection]:
    """One transaction, committed on leaving and rolled back on any exception. IntegrityError passes through."""
    with (
        plain_errors(engine.url),
        engine.connect().execution_options(daypart_write=write) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def plain_errors(url: sa.URL) -> Iterator[None]:
    """Turn the database's exceptions into LedgerError or LedgerBusy; IntegrityError is the caller's to read."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) and error.orig else error).strip().split("\n")[0]
        if url.password:
            # As part of an address only: masking every occurrence of a short password would spell it out.
            reason = reason.replace(f":{url.password}@", ":***@")
        line = f"ledger {url.set(query={}).render_as_string()}: {reason}; "
        if any(word in reason for word in _BUSY):
            raise LedgerBusy(line + "another writer holds it, try again") from None
        raise LedgerError(line + "check DAYPART_DATABASE_URL and that the database runs and is whole") from None


def _parse(url: str) -> sa.URL:
    names = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    try:
        parsed = sa.make_url(url)
        parsed = parsed.set(drivername=names.get(parsed.drivername, parsed.drivername))
    except (ArgumentError, ValueError):
        parsed = sa.URL.create("unreadable")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        # The text itself may hold a password in an unexpected place, so it isn't repeated.
        raise LedgerError(
            "DAYPART_DATABASE_URL: not a database URL we know; write sqlite:///file or postgresql://user:password@host/name"
        )
    return parsed


def _begin(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        write = connection.get_execution_options().get("daypart_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _upgrade(engine: sa.Engine) -> None:
    if _revision(engine) == REVISION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with transaction(engine, write=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise LedgerError(
                f"ledger {engine.url.set(query={}).render_as_string()}: made by a newer Daypart; update Daypart"
            ) from None


def _revision(engine: sa.Engine) -> str | None:
    with transaction(engine, write=False) as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
