"""The two databases that a suite is played on: a class of tests takes one of these before its suite."""

import pytest


class OnSqlite:
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url

    @pytest.fixture
    def empty_urls(self, empty_sqlite_urls):
        return empty_sqlite_urls


class OnPostgres:
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.fixture
    def empty_urls(self, empty_postgres_urls):
        return empty_postgres_urls
