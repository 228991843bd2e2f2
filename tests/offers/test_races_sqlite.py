from tests.offers.on_database import OnSqlite
from tests.suites.killing import KillSuite
from tests.suites.races import RaceSuite


class TestRaces(OnSqlite, RaceSuite):
    pass


class TestKills(OnSqlite, KillSuite):
    pass
