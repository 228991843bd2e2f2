import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from offers.database import LedgerError, connect, transaction
from serving.keys import KNOWN_FOR_S, MAX_REMEMBERED, SCOPES, UNKNOWN_FOR_S, KeyFault, KeyRing, create
from serving.tables import API_KEYS, prepare
from tests.serving.fakes import NOW


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def engine(tmp_path):
    found = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(found)
    yield found
    found.dispose()


def broken(engine):
    """An engine whose database lost the table."""
    with transaction(engine, write=True) as connection:
        API_KEYS.drop(connection)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_is_shown_once_and_stored_as_a_hash(engine, scope):
    secret = create(engine, scope, NOW, store_id="s1")
    assert re.fullmatch(rf"dp_{scope}_[A-Za-z0-9_-]{{43}}", secret)
    with transaction(engine, write=False) as connection:
        row = connection.execute(select(API_KEYS)).one()
    assert secret not in str(row)
    key = KeyRing(engine, Clock()).fetch(secret)
    assert (key.scope, key.store_id, key.live(NOW)) == (scope, "s1", True)


def test_a_key_that_nobody_made_is_unknown(engine):
    ring = KeyRing(engine, Clock())
    assert ring.fetch("dp_app_" + "x" * 43) is None
    # What does not look like a key never reaches the database.
    for text in ("", "dp_app_short", "x" * 10_000, "dp_app_" + "x" * 43 + "\n"):
        assert ring.recall(text) == (True, None)


def test_a_key_ends_when_it_says(engine):
    key = KeyRing(engine, Clock()).fetch(create(engine, "app", NOW, expires=NOW + timedelta(hours=1)))
    assert key.live(NOW + timedelta(minutes=59))
    assert not key.live(NOW + timedelta(hours=1))


def test_impossible_keys_are_refused_with_advice(engine):
    with pytest.raises(KeyFault, match="choose one of app, pos"):
        create(engine, "root", NOW)
    with pytest.raises(KeyFault, match="later moment"):
        create(engine, "app", NOW, expires=NOW)


def test_memory_answers_for_a_while_and_then_asks_again(engine):
    clock = Clock()
    ring, secret = KeyRing(engine, clock), create(engine, "app", NOW)
    assert ring.recall(secret) == (False, None)
    key = ring.fetch(secret)
    with transaction(engine, write=True) as connection:
        connection.execute(delete(API_KEYS))
    clock.now_s = KNOWN_FOR_S - 0.1
    assert ring.recall(secret) == (True, key)
    clock.now_s = KNOWN_FOR_S
    assert ring.recall(secret) == (False, None)
    assert ring.fetch(secret) is None
    assert ring.recall(secret) == (True, None)
    clock.now_s += UNKNOWN_FOR_S
    assert ring.recall(secret) == (False, None)


def test_a_known_key_outlives_the_database(engine):
    clock = Clock()
    ring, secret, stranger = KeyRing(engine, clock), create(engine, "app", NOW), create(engine, "app", NOW)
    key = ring.fetch(secret)
    broken(engine)
    clock.now_s = 10 * KNOWN_FOR_S
    assert ring.fetch(secret) == key
    with pytest.raises(LedgerError):
        ring.fetch(stranger)


def test_memory_is_bounded(engine, monkeypatch):
    monkeypatch.setattr("serving.keys.MAX_REMEMBERED", 10)
    ring = KeyRing(engine, Clock())
    for n in range(25):
        ring.fetch(f"dp_app_{n:043d}")
    assert len(ring._seen) <= 10 < MAX_REMEMBERED


def test_every_keys_name_fits_its_column_whatever_the_database(engine):
    width = API_KEYS.c.key_id.type.length
    for scope in SCOPES:
        secret = create(engine, scope, NOW)
        found = KeyRing(engine, lambda: 0.0).fetch(secret)
        assert found.key_id.startswith(f"{scope}-")
        assert len(found.key_id) <= width
