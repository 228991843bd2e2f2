"""Rows are chained, and nobody changes one: not through the database, and not unnoticed past it."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from offers.audit import ACTS, By, audit, faults, newest, record
from offers.database import LedgerError, connect, transaction
from offers.desk import open_desk
from offers.verify import verify
from tests.offers.desk_world import PLANNED, SOHO, campaign

AT = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def engine(request):
    found = connect(request.getfixturevalue(request.param))
    with transaction(found, write=True) as connection:
        if found.dialect.name == "postgresql":
            # The session's one server keeps what other tests have audited.
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.execute(sa.delete(audit))
    yield found
    found.dispose()


def fill(engine, n=3):
    with transaction(engine, write=True) as connection:
        for k in range(n):
            record(connection, "key_created", f"app-{k}", By("shell:ann", f"why {k}"), AT + timedelta(k), {"n": k})


def found(engine):
    with transaction(engine, write=False) as connection:
        return list(faults(connection))


def test_rows_say_who_what_when_why_and_come_newest_first(engine):
    fill(engine)
    with transaction(engine, write=False) as connection:
        rows = newest(connection, 2)
    assert [(r.seq, r.act, r.subject, r.actor, r.why, r.at, r.detail) for r in rows] == [
        (3, "key_created", "app-2", "shell:ann", "why 2", AT + timedelta(2), '{"n":2}'),
        (2, "key_created", "app-1", "shell:ann", "why 1", AT + timedelta(1), '{"n":1}'),
    ]
    assert found(engine) == []


def test_an_act_nobody_declared_is_a_fault_of_ours(engine):
    with transaction(engine, write=True) as connection, pytest.raises(ValueError, match="ACTS"):
        record(connection, "key_painted", "app-1", By("x"), AT)
    assert all(len(act) <= 32 for act in ACTS)


def test_an_act_that_fails_leaves_no_row(engine):
    def fails():
        with transaction(engine, write=True) as connection:
            record(connection, "key_created", "app-1", By("x"), AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with transaction(engine, write=False) as connection:
        assert newest(connection, 9) == []


@pytest.mark.parametrize("change", ["UPDATE audit SET why = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2"])
def test_the_database_refuses_to_change_a_row(engine, change):
    fill(engine)
    with pytest.raises((DBAPIError, LedgerError), match="append-only"), transaction(engine, write=True) as connection:
        connection.exec_driver_sql(change)
    assert found(engine) == []


@pytest.mark.parametrize("column", [column.name for column in audit.columns])
def test_an_altered_value_is_found(sqlite_url, column):
    engine = connect(sqlite_url)
    fill(engine)
    with transaction(engine, write=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        value = 7 if column in ("seq", "at") else "x"
        connection.exec_driver_sql(f"UPDATE audit SET {column} = ? WHERE seq = 2", (value,))
    assert found(engine)


def test_a_row_that_was_cut_out_is_found_and_verify_tells(sqlite_url):
    engine = connect(sqlite_url)
    fill(engine)
    with transaction(engine, write=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
        connection.exec_driver_sql("DELETE FROM audit WHERE seq = 2")
    engine.dispose()
    desk = open_desk(sqlite_url)
    assert verify(desk.journal) == [
        "audit: row 2 is missing, 3 follows 1",
        "audit: row 3 was altered, or the one before it",
    ]
    desk.journal.close()


def test_stopping_a_campaign_and_releasing_its_reserve_are_audited(sqlite_url):
    desk = open_desk(sqlite_url)
    told = {}
    for stopped in (False, True, True, False):
        desk.open(campaign(stopped=stopped), [SOHO], PLANNED)
        with desk.journal.read() as connection:
            told[stopped] = [(row.act, row.subject, row.actor) for row in newest(connection, 9)]
    assert told[True] == [("campaign_stopped", "c", "campaign file")]
    assert told[False] == [("campaign_resumed", "c", "campaign file"), *told[True]]
    desk.release_reserve("c", 5, "olga", "rain", PLANNED)
    with desk.journal.read() as connection:
        (row,) = newest(connection, 1)
    assert (row.act, row.subject, row.actor, row.why, row.detail) == (
        "reserve_released", "c", "olga", "rain", '{"cents":5}',
    )  # fmt: skip
    assert verify(desk.journal) == []
    desk.journal.close()
