import pytest

from tests.suites.killing import KillSuite
from tests.suites.races import RaceSuite


class OnSqlite:
    @pytest.fixture
    def url(self, sqlite_url):
        return sqlite_url

    @pytest.fixture
    def empty_urls(self, empty_sqlite_urls):
        return empty_sqlite_urls


class TestRaces(OnSqlite, RaceSuite):
    pass


class TestKills(OnSqlite, KillSuite):
    pass
