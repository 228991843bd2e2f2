"""Looks: written down by a mark, found again by whoever has the id and the secret, forgotten with an erasure."""

from datetime import UTC, datetime, timedelta

import pytest

from offers.audit import By, faults
from offers.database import connect, transaction
from people import erasing
from people.consent import say
from people.evidence import Link
from people.registry import take
from people.secret import References
from people.telling import micros
from serving.looks import EXPORTED, look, looks_at, note
from serving.tables import prepare

NOW = datetime(2026, 3, 2, 13, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
CARD = "card:4000 1234"


@pytest.fixture
def references(tmp_path):
    return References(tmp_path / "identity.key")


@pytest.fixture
def connection(tmp_path):
    engine = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(engine)
    with transaction(engine, write=True) as one:
        yield one
    engine.dispose()


def merge(connection, references, at):
    link = Link("ann", references.of(CARD), "app", "login-1", micros(at))
    take(connection, [link], "admin-1", micros(at), {})


def test_what_the_ledger_knows_of_a_person(connection, references):
    merge(connection, references, NOW)
    say(connection, references, "ann", {"offers": False}, "app-1", micros(NOW))
    told = look(connection, references, "opt-out", references.of(CARD), By("admin-1"), NOW)
    assert told.names == ["ann", references.of(CARD)]
    assert told.identities == {"card": 1, "user": 1}
    assert told.allowed == {"recommend": True, "offers": False, "measurement": True}
    assert told.said == ["offers"]


def test_a_person_can_ask_who_looked_whatever_they_were_called_then(connection, references):
    card = references.of(CARD)
    look(connection, references, "opt-out", card, By("admin-1"), NOW)
    merge(connection, references, NOW + HOUR)
    note(connection, references, EXPORTED, card, By("shell:ada"), NOW + 2 * HOUR)
    look(connection, references, "opt-out", "bob", By("admin-1"), NOW + 2 * HOUR)
    found = looks_at(connection, references, ["ann", card])
    assert [(row["act"], row["by"]) for row in found] == [("person_read", "admin-1"), ("person_exported", "shell:ada")]
    assert found[0]["at"] == NOW.isoformat()
    assert list(faults(connection)) == []


def test_of_who_was_erased_only_looks_since_then_are_told(connection, references):
    for hours in (-1, 0, 1):
        look(connection, references, "opt-out", "ann", By(f"admin{hours}"), NOW + hours * HOUR)
    erasing.ask(connection, references, "ann", "admin", micros(NOW))
    assert [row["by"] for row in looks_at(connection, references, ["ann"])] == ["admin0", "admin1"]
