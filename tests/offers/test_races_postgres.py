import random

import psycopg
import pytest

from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.verify import verify
from tests.offers.on_database import OnPostgres
from tests.suites.killing import KillSuite, all_the_same_again, rounds_of
from tests.suites.race_world import call, issued, tally
from tests.suites.races import RaceSuite
from tests.suites.racing import call_at, on_step

CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
)


class TestRaces(OnPostgres, RaceSuite):
    pass


class TestKills(OnPostgres, KillSuite):
    @pytest.mark.timeout(600)
    def test_the_server_ends_transactions_that_run(self, url, crew, judged):
        rng, rounds, told, n_cut = random.Random(4), rounds_of(url, 8), [], 0
        with psycopg.connect(url, autocommit=True) as admin, crew.at(url, steady=False):

            def cut(crew):
                # Whenever some transaction is seen running, all that run are ended, once or a few times a round.
                nonlocal n_cut
                for _ in range(rng.choice((1, 2, 3))):
                    ended = 0
                    while not ended and not all(pipe.poll(0) for pipe in crew.pipes):
                        ended = admin.execute(CUT).fetchone()[0]
                    n_cut += ended

            for calls, wanted in rounds:
                told.append(crew.run(calls, cut))
                assert tally(told[-1]) == wanted
            judged(crew)
            all_the_same_again(crew, rounds, told)
        assert n_cut > len(rounds)

    def test_the_server_ends_a_transaction_at_every_step(self, url):
        journal, outcomes = Journal(url), []
        with psycopg.connect(url, autocommit=True) as admin:
            for step in range(1, 60):
                coupon = issued(url, 1, 100, id=f"c{step}")[0]
                hooked, steps = Journal(url), iter(range(1, 60))

                def cut(connection, hooked=hooked, steps=steps, step=step):
                    if next(steps) == step:
                        raw = getattr(connection, "connection", connection)
                        pid = getattr(raw, "dbapi_connection", raw).info.backend_pid
                        assert admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid]).fetchone()[0]

                on_step(hooked.engine, cut)
                sale = call("redeem", coupon.code, f"o{step}")
                try:
                    outcomes.append(call_at(Desk(hooked), sale).ok)
                except LedgerError:
                    outcomes.append(None)
                hooked.close()
                again = call_at(Desk(journal), sale)
                assert again.ok
                if next(steps) <= step:
                    break
        # Ended before its commit a sale failed and was made again, once; ended after it, or never, it was known.
        assert outcomes.count(None) > 8
        assert verify(journal) == []
        journal.close()
