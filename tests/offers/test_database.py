import os
import socket
import sqlite3

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from offers import database
from offers.columns import micros
from offers.database import REVISION, LedgerBusy, LedgerError, connect, transaction
from offers.desk import Desk
from offers.journal import Journal
from offers.verify import verify
from people.tables import METADATA as PEOPLE
from tests.offers.desk_world import AT, PLANNED, SOHO, TICK, UNTIL, ask, campaign, code_of, decision


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "url", ["", "ledger.db", "mysql://u:hunter2@h/d", "postgresql://u:hunt@er2:x@h:port/d", "sqlite+aiosqlite:///x"]
)
def test_an_address_we_dont_know_is_refused_without_repeating_it(url):
    with pytest.raises(LedgerError) as error:
        connect(url)
    assert "DAYPART_DATABASE_URL" in one_line(error)
    assert "hunt" not in str(error.value)


@pytest.mark.parametrize("query", ["", "?password=hunter2"])
def test_an_unreachable_server_is_one_line_without_the_password(query):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        with pytest.raises(LedgerError) as error:
            connect(f"postgresql://ann:hunter2@127.0.0.1:{taken.getsockname()[1]}/ledger{query}")
    assert "refused" in one_line(error)
    assert "hunter2" not in str(error.value)
    assert "127.0.0.1" in str(error.value)


def test_a_file_that_isnt_a_ledger(tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 500)
    with pytest.raises(LedgerError, match="file is not a database") as error:
        connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert "ledger.db" in one_line(error)


def test_a_folder_that_cant_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError) as error:
        connect(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")
    assert "ledger.db" in one_line(error)


def test_the_folder_is_made(tmp_path):
    connect(f"sqlite:///{tmp_path / 'a' / 'b' / 'ledger.db'}").dispose()
    assert (tmp_path / "a" / "b" / "ledger.db").is_file()


def test_sqlite_is_durable_and_takes_the_write_lock_at_once(sqlite_url):
    engine = connect(sqlite_url)
    with transaction(engine, write=True) as writer:
        assert writer.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert writer.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        other = sqlite3.connect(engine.url.database, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    with transaction(engine, write=False):
        other = sqlite3.connect(engine.url.database, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_writer_that_waits_too_long_is_told_so(sqlite_url, monkeypatch):
    monkeypatch.setattr(database, "WAIT_S", 0.05)
    engine = connect(sqlite_url)
    holder = sqlite3.connect(engine.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy, match="try again"), transaction(engine, write=True):
        pass
    holder.close()
    with transaction(engine, write=True):
        pass


def test_a_failed_transaction_leaves_nothing(sqlite_url):
    engine = connect(sqlite_url)
    insert = "INSERT INTO counters (name, value) VALUES (:name, 1)"
    with pytest.raises(sa.exc.IntegrityError):
        _run(engine, insert, "x", "y", "x")
    with transaction(engine, write=False) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM counters").scalar() == 1


def _run(engine, statement, *names):
    with transaction(engine, write=True) as connection:
        for name in names:
            connection.execute(sa.text(statement), {"name": name})


def test_the_revision_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", os.path.join(os.path.dirname(database.__file__), "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_moments_are_exact_and_naive_ones_refused(sqlite_url):
    from offers.tables import answers

    engine = connect(sqlite_url)
    with transaction(engine, write=True) as connection:
        connection.execute(sa.insert(answers).values(key="k", body_hash="", ok=True, body="", at=AT + TICK))
        assert connection.execute(sa.select(answers.c.at)).scalar_one() == AT + TICK
        assert connection.exec_driver_sql("SELECT at FROM answers").scalar() == micros(AT) + 1
        assert connection.execute(sa.select(answers.c.at).where(answers.c.at > AT)).one()
    with pytest.raises((TypeError, sa.exc.StatementError)):
        micros(AT.replace(tzinfo=None))


LATER = {
    "coupons": ("order_until", "leased_to", "leased_at", "wait_until", "min_quantity", "points"),
    "accounts": ("quiet_from", "quiet_until", "version"),
    "decisions": (
        "again",
        "campaign_version",
    ),
}
"""Columns that came after the second revision."""


def test_a_ledger_of_the_second_revision_is_brought_up(sqlite_url):
    desk = Desk(Journal(sqlite_url))
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "bob", "eve")], PLANNED)
    ann, bob, eve = (code_of(desk, user) for user in ("ann", "bob", "eve"))
    assert desk.hold(ann, ask(), "h", AT).ok
    assert desk.token(eve, ask(till_time=None), "t", AT).ok
    assert desk.settle([(bob, ask(order_id="o2", till_time=UNTIL))], UNTIL)[0].body["kind"] == "overpay"
    with desk.journal.write() as connection:
        # What stands once was narrower; SQLite drops no column that a constraint names.
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'decisions'").scalar()
        connection.exec_driver_sql("ALTER TABLE decisions RENAME TO newer")
        connection.exec_driver_sql(made.replace("user_id, again)", "user_id)"))
        connection.exec_driver_sql("INSERT INTO decisions SELECT * FROM newer")
        connection.exec_driver_sql("DROP TABLE newer")
        for table, names in LATER.items():
            for name in names:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
        for table in PEOPLE.tables:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE coupons SET units = 0 WHERE state = 'overpaid'")
        connection.exec_driver_sql("CREATE INDEX entries_offer ON entries (offer_id)")
        connection.exec_driver_sql("DROP TABLE audit")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    desk.journal.close()
    again = Desk(Journal(sqlite_url))
    # The entries of this one tell of columns that were not there then; what its file says is brought up again.
    again.open(campaign(), [SOHO], PLANNED)
    assert verify(again.journal) == []
    # The hold is its order's still, and what was overpaid can come back.
    assert again.redeem(ann, ask(order_id="o9"), "r", AT).body["detail"] == "held by order o1"
    assert again.reverse(bob, ask(order_id="o2", lines=None), "v", UNTIL).ok
    assert verify(again.journal) == []
    again.journal.close()
