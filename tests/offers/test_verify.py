"""One altered value in any row that money or its proof rests on is found, on a journal in which everything has happened."""

import shutil
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.answers import Ask
from offers.book import Line
from offers.chain import GENESIS
from offers.database import REVISION, connect
from offers.desk import Desk, open_desk
from offers.journal import Journal
from offers.leases import give
from offers.replay import Replay
from offers.replay_rest import compare_rest
from offers.tables import metadata
from offers.verify import heads, verify
from tests.offers.desk_world import AT, FROM, PLANNED, SOHO, ask, campaign, code_of, decision

USERS = ("ann", "bob", "cat", "dan", "eve", "fay", "gus")
# What may change without an entry: how deliveries fail, when events were sent, what a lease has paid and when it closed.
FREE = {
    "coupons": {"delivery", "delivered_at", "leased_to", "leased_at", "wait_until"},
    "outbox": {"id", "sent_at"},
    "leases": {"paid_cents", "issued_at", "closed_at"},
    "decisions": {"made_at"},
}


def fill(url):
    journal = Journal(url)
    desk = Desk(journal)
    desk.open(campaign(10**4, per_user=3), [SOHO], PLANNED, chain_cents=9000)
    desk.issue("c", [decision(user) for user in USERS], PLANNED)
    code = {user: code_of(desk, user) for user in USERS}
    two = (Line("latte", 2, 450),)
    assert desk.hold(code["ann"], ask(), "1a", AT).ok
    assert desk.redeem(code["bob"], ask(order_id="o2", lines=two), "2a", AT).ok
    assert desk.reverse(code["bob"], Ask(order_id="o2", lines=(Line("latte"),)), "3a", AT).ok
    assert desk.redeem(code["cat"], ask(order_id="o3"), "4a", AT).ok
    assert desk.reverse(code["cat"], Ask(order_id="o3"), "5a", AT).ok
    assert desk.withdraw(desk.wallet("dan", PLANNED)[0].offer_id, "operator", AT).ok
    assert desk.token(code["eve"], ask(), "6a", FROM).ok
    assert [one.body["kind"] for one in desk.settle([(code["cat"], ask(order_id="o9"))], AT)] == ["overpay"]
    assert not desk.redeem(code["cat"], ask(order_id="o4"), "7a", AT).ok
    assert not desk.redeem("nonsense", ask(), "8a", AT).ok
    assert desk.release_reserve("c", 5, "olga", "rain", AT)
    desk.acknowledge(desk.wallet("fay", PLANNED)[0].offer_id, "delivered", AT)
    with journal.write() as connection:
        give(connection, "lease_1", "soho", "t1", 100, 100, AT)
    return journal


@pytest.fixture(scope="module")
def filled(tmp_path_factory, migrated_file):
    file = tmp_path_factory.mktemp("filled") / "ledger.db"
    shutil.copy(migrated_file, file)
    journal = fill(f"sqlite:///{file}")
    assert verify(journal) == []
    journal.close()
    return file


@pytest.fixture
def journal(filled, tmp_path):
    shutil.copy(filled, tmp_path / "ledger.db")
    journal = Journal(f"sqlite:///{tmp_path / 'ledger.db'}")
    with journal.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER entries_no_update")
        connection.exec_driver_sql("DROP TRIGGER entries_no_delete")
    yield journal
    journal.close()


WATCHED = [
    (name, column.name)
    for name, table in metadata.tables.items()
    for column in table.columns
    if column.name not in FREE.get(name, ()) and name != "counters"
]


def raw(connection, name):
    return connection.exec_driver_sql(f"SELECT rowid AS place, * FROM {name}").mappings().all()


def other(value):
    """Another value nearby: the last letter, the other of two, or a number no neighbour has."""
    if value is None:
        return 1
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return 1 - value if value in (0, 1) else value + 1000


@pytest.mark.parametrize(("table", "column"), WATCHED, ids=[f"{t}.{c}" for t, c in WATCHED])
def test_one_altered_value_is_found_in_whatever_row_it_stands(journal, table, column):
    with journal.read() as connection:
        rows = raw(connection, table)
    assert rows, f"nothing in {table}"
    missed = []
    for row in rows:
        change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
        with journal.write() as connection:
            connection.exec_driver_sql(change, (other(row[column]), row["place"]))
        if not verify(journal):
            missed.append(dict(row))
        with journal.write() as connection:
            connection.exec_driver_sql(change, (row[column], row["place"]))
    assert missed == []
    assert verify(journal) == []


@pytest.mark.parametrize("table", [name for name in metadata.tables if name != "counters"])
def test_a_row_that_is_gone_is_found(journal, table):
    with journal.read() as connection:
        rows = raw(connection, table)
    for row in rows:
        values = {name: value for name, value in row.items() if name != "place"}
        with journal.write() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE rowid = ?", (row["place"],))
        assert verify(journal) != [], row
        with journal.write() as connection:
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
    assert verify(journal) == []


def test_a_counter_behind_its_coupons_is_found(journal):
    with journal.write() as connection:
        connection.exec_driver_sql("UPDATE counters SET value = value - 1")
    assert verify(journal) == ["counters: the last number given to a coupon is 6, the coupons say 7"]


def test_heads_prove_what_came_before(journal):
    told = heads(journal)
    assert set(told) == {"c", "-"}
    assert told["c"]["seq"] > 10
    assert told["c"]["hash"] != GENESIS


def test_values_of_the_wrong_kind_are_told_not_raised(journal):
    for table, column in (
        ("entries", "detail"),
        ("coupons", "discount_cents"),
        ("accounts", "granted_cents"),
        ("stores", "opens"),
    ):
        with journal.write() as connection:
            kept = connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table}").all()
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = 'x[' ")
        assert verify(journal) != []
        with journal.write() as connection:
            for rowid, value in kept:
                connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, rowid))
    assert verify(journal) == []


def test_nothing_said_is_nothing_wrong(journal):
    with journal.read() as connection:
        account = connection.execute(sa.select(metadata.tables["accounts"])).first()
        assert [fault for fault in compare_rest(connection, []) if not fault.startswith(("lease", "campaign"))] == []
    replay = Replay(account, {}, {}, [])
    assert any("head_seq" in fault for fault in replay.end({}))


def test_a_ledger_of_the_first_revision_moves_on_and_verifies(tmp_path):
    """Built by the first migration alone, filled by hand as that revision wrote it, then opened by this one."""
    from alembic import command
    from alembic.config import Config

    from offers import database
    from offers.chain import link_hash, plain_json
    from tests.offers.first_revision import entries_of, rows

    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(database.Path(database.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, some in rows(link_hash, plain_json).items():
            for row in some:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        connection.exec_driver_sql("UPDATE counters SET value = 2")
    engine.dispose()
    desk = open_desk(url)
    assert verify(desk.journal) == []
    assert len(entries_of(desk.journal)) == 5
    told = desk.campaign("c", AT)
    assert (told["spent_cents"], told["n_redeemed"], told["n_reversed"]) == (100, 1, 1)
    # What stands goes on: the redeemed coupon comes back, and new coupons are sent.
    with desk.journal.read() as connection:
        code = connection.exec_driver_sql("SELECT code FROM coupons WHERE state = 'redeemed'").scalar()
    assert desk.reverse(code, Ask(order_id="o1"), "v", AT + timedelta(1)).ok
    desk.open(campaign(), [SOHO], PLANNED)
    assert desk.issue("c", [decision("zoe")], PLANNED).n_issued == 1
    assert verify(desk.journal) == []
    desk.journal.close()
    engine = connect(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == REVISION
    engine.dispose()
