"""The database roles of docs/security.md, as they stand there: what each may do, and may not."""

import re
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import make_url

from offers.audit import By, newest
from offers.database import LedgerError, transaction
from offers.desk import Desk
from offers.journal import Journal
from offers.verify import verify
from serving import keys
from serving.keyring import KeyRing
from serving.tables import prepare
from tests.house.rooms import ROOT
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROLES = ("daypart_owner", "daypart_service", "daypart_operator", "daypart_reader")


def block(name):
    return re.search(rf"```sql {name}\n(.*?)```", PAGE, re.S)[1]


@pytest.fixture(scope="module")
def urls(postgres):
    """A database made as the page says; its address by role."""
    with postgres.without_tables() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(block("roles"))
        found = {role.removeprefix("daypart_"): as_role(url, role) for role in ROLES}
        journal = Journal(found["owner"])
        prepare(journal.engine)
        journal.close()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(block("grants"))
        yield found
        with psycopg.connect(url, autocommit=True) as connection:
            for role in ROLES:
                connection.execute(f"DROP OWNED BY {role}")
                connection.execute(f"DROP ROLE {role}")


def as_role(url, role):
    return make_url(url).set(username=role).render_as_string(hide_password=False)


@pytest.fixture
def open_as(urls):
    journals = []

    def opened(role):
        journals.append(Journal(urls[role]))
        return journals[-1]

    yield opened
    for journal in journals:
        journal.close()


def test_operator_and_service_do_their_work(open_as):
    operator, service = open_as("operator"), open_as("service")
    prepare(operator.engine)
    prepare(service.engine)
    secret = keys.create(operator.engine, "pos", PLANNED, by=By("shell:ann"))
    desk = Desk(operator)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision("ann")], PLANNED)
    desk.release_reserve("c", 5, "shell:ann", "rain", PLANNED)
    till = Desk(service)
    code = code_of(till)
    assert till.hold(code, ask(), "h", AT).ok
    assert till.redeem(code, ask(), "r", AT).ok
    assert till.reverse(code, ask(lines=None), "v", AT + timedelta(hours=1)).ok
    assert KeyRing(service.engine, lambda: 0.0).fetch(secret).scope == "pos"
    keys.revoke(operator.engine, keys.key_id_of(secret), AT, By("shell:ann", "over"))
    assert KeyRing(service.engine, lambda: 0.0).fetch(secret) is None
    assert verify(open_as("operator")) == []


CHANGES = [
    "UPDATE entries SET amount_cents = 0", "DELETE FROM entries", "UPDATE audit SET why = ''", "DELETE FROM audit",
    "TRUNCATE audit", "ALTER TABLE audit DISABLE TRIGGER ALL", "DROP TRIGGER audit_append_only ON audit",
    "CREATE TABLE x (a int)", "UPDATE alembic_version SET version_num = '0001'", "DROP TABLE entries",
]  # fmt: skip
OF_SERVICE = ["UPDATE api_keys SET revoked_ms = NULL", "INSERT INTO api_keys VALUES ('x', 'y', 'admin', NULL, 0, NULL)"]


def refuses(journal, statement):
    with (
        pytest.raises(LedgerError, match=r"permission denied|must be owner"),
        transaction(journal.engine, write=True) as c,
    ):
        c.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", [*CHANGES, *OF_SERVICE])
def test_the_service_changes_no_entry_and_no_table(open_as, statement):
    refuses(open_as("service"), statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_nor_does_the_operator(open_as, statement):
    refuses(open_as("operator"), statement)


def test_the_reader_sees_tables_that_name_nobody(urls):
    engine = sa.create_engine(urls["reader"])
    with engine.connect() as connection:
        assert newest(connection, 1) is not None
        seen = [
            name
            for name in sa.inspect(connection).get_table_names()
            if connection.exec_driver_sql(f"SELECT has_table_privilege('{name}', 'SELECT')").scalar()
        ]
        columns = {c["name"] for name in seen for c in sa.inspect(connection).get_columns(name)}
    assert {"entries", "accounts", "audit"} <= set(seen)
    assert not columns & {"user_id", "key_hash", "body"}
    for statement in ("SELECT * FROM coupons", "SELECT * FROM api_keys", "UPDATE sums SET spent_cents = 0"):
        with engine.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.exec_driver_sql(statement)
    engine.dispose()
