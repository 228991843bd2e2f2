import pytest

from tests.suites.killing import KillSuite
from tests.suites.races import RaceSuite, crew, judged  # noqa: F401


class OnPostgres:
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.fixture
    def empty_urls(self, empty_postgres_urls):
        return empty_postgres_urls


class TestRaces(OnPostgres, RaceSuite):
    pass


class TestKills(OnPostgres, KillSuite):
    pass
