import pytest
import sqlalchemy as sa

from people.proof import differences
from people.registry import rule, take
from people.tables import AUDIT, IDENTITIES, LINKS
from tests.people.chain import database, told


@pytest.fixture
def connection():
    with database() as connection:
        take(connection, [told("app1", "phone1", 1), told("app2", "phone1", 2), told("ann", "card1", 3)], "a", 1)
        rule(connection, 3, "rejected", "ada", "no", 2)
        assert differences(connection) == []
        yield connection


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (sa.update(IDENTITIES).where(IDENTITIES.c.number == 3).values(person=1), "identity 3"),
        (sa.update(LINKS).where(LINKS.c.verdict == "two_apps").values(verdict="joined"), "stored as joined"),
        (sa.update(LINKS).where(LINKS.c.ruling == "rejected").values(ruling=""), "by the evidence joined"),
        (sa.update(LINKS).where(LINKS.c.ruling == "rejected").values(ruling=""), "ruled ''"),
        (sa.delete(LINKS).where(LINKS.c.number == 1), "by the evidence"),
        (sa.update(AUDIT).where(AUDIT.c.act == "verdict").values(detail="two_cards"), "by the audit two_cards"),
        (sa.delete(AUDIT).where(AUDIT.c.act == "merge"), "the audit moves identity"),
    ],
)
def test_whatever_was_changed_is_told(connection, change, says):
    connection.execute(change)
    found = differences(connection)
    assert any(says in line for line in found), found
    assert "app" not in str(found).replace("two_apps", "")


def test_an_empty_registry_is_right():
    with database() as connection:
        assert differences(connection) == []
