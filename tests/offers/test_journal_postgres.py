from tests.offers.on_database import OnPostgres
from tests.suites.journal import JournalSuite
from tests.suites.kinds import KindSuite
from tests.suites.leasing import LeaseSuite
from tests.suites.proof import ProofSuite
from tests.suites.pulling import PullSuite


class TestJournal(OnPostgres, JournalSuite):
    pass


class TestPull(OnPostgres, PullSuite):
    pass


class TestLease(OnPostgres, LeaseSuite):
    pass


class TestKinds(OnPostgres, KindSuite):
    pass


class TestProof(OnPostgres, ProofSuite):
    def allow_changes(self, connection):
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
