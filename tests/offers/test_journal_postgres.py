import pytest

from tests.suites.journal import JournalSuite
from tests.suites.proof import ProofSuite
from tests.suites.pulling import PullSuite


class OnPostgres:
    @pytest.fixture
    def url(self, postgres_url):
        return postgres_url

    @pytest.fixture
    def empty_urls(self, empty_postgres_urls):
        return empty_postgres_urls


class TestJournal(OnPostgres, JournalSuite):
    pass


class TestPull(OnPostgres, PullSuite):
    pass


class TestProof(OnPostgres, ProofSuite):
    def allow_changes(self, connection):
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
