from tests.offers.on_database import OnSqlite
from tests.suites.journal import JournalSuite
from tests.suites.kinds import KindSuite
from tests.suites.leasing import LeaseSuite
from tests.suites.proof import ProofSuite
from tests.suites.pulling import PullSuite


class TestJournal(OnSqlite, JournalSuite):
    pass


class TestPull(OnSqlite, PullSuite):
    pass


class TestLease(OnSqlite, LeaseSuite):
    pass


class TestKinds(OnSqlite, KindSuite):
    pass


class TestProof(OnSqlite, ProofSuite):
    def allow_changes(self, connection):
        connection.exec_driver_sql("DROP TRIGGER entries_no_update")
        connection.exec_driver_sql("DROP TRIGGER entries_no_delete")
