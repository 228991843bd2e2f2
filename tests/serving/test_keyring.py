"""What a worker remembers of keys, and for how long."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from offers.audit import By
from offers.database import LedgerError, connect, transaction
from serving.keyring import ALONE_FOR_S, KNOWN_FOR_S, MAX_REMEMBERED, RIDE_S, STRANGERS, UNKNOWN_FOR_S, KeyRing
from serving.keys import create, key_id_of, revoke, rotate
from serving.tables import API_KEYS, prepare
from tests.serving.fakes import NOW, Clock

ANN = By("shell:ann", "stolen")


@pytest.fixture
def engine(tmp_path):
    found = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(found)
    yield found
    found.dispose()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ring(engine, clock):
    return KeyRing(engine, clock)


def broken(engine):
    """The database lost the table."""
    with transaction(engine, write=True) as connection:
        API_KEYS.drop(connection)


def used(ring, secret):
    """As a request does: memory first."""
    answered, key = ring.recall(secret)
    return key if answered else ring.fetch(secret)


def test_a_key_that_nobody_made_is_unknown(ring):
    assert ring.fetch("dp_app_" + "x" * 43) is None
    # What does not look like a key never reaches the database.
    for text in ("", "dp_app_short", "x" * 10_000, "dp_app_" + "x" * 43 + "\n"):
        assert ring.recall(text) == (True, None)


def test_memory_answers_for_a_while_and_then_asks_again(engine, ring, clock):
    secret = create(engine, "app", NOW)
    assert ring.recall(secret) == (False, None)
    key = ring.fetch(secret)
    with transaction(engine, write=True) as connection:
        connection.execute(delete(API_KEYS))
    clock.now_s = KNOWN_FOR_S - RIDE_S - 0.1
    assert ring.recall(secret) == (True, key)
    clock.now_s = KNOWN_FOR_S - RIDE_S
    assert ring.recall(secret) == (False, None)
    # The others go on while that one asks, but not for ever.
    assert ring.recall(secret) == (True, key)
    clock.now_s = KNOWN_FOR_S
    assert ring.recall(secret) == (False, None)
    assert ring.fetch(secret) is None
    assert ring.recall(secret) == (True, None)
    clock.now_s += UNKNOWN_FOR_S
    assert ring.recall(secret) == (False, None)


@pytest.mark.parametrize("end", ["revoked", "rotated"])
@pytest.mark.parametrize("busy", [True, False])
def test_a_key_taken_back_dies_in_every_worker_within_the_bound(engine, clock, end, busy):
    secret = create(engine, "app", NOW)
    rings = [KeyRing(engine, clock) for _ in range(3)]
    for n, ring in enumerate(rings):
        clock.now_s = n * KNOWN_FOR_S / 3
        assert used(ring, secret).live(NOW)
    taken_back_s = clock.now_s
    if end == "revoked":
        revoke(engine, key_id_of(secret), NOW, ANN)
    else:
        rotate(engine, key_id_of(secret), NOW, timedelta(0), ANN)
    if busy:
        for n in range(100):
            clock.now_s = taken_back_s + n * KNOWN_FOR_S / 100
            for ring in rings:
                used(ring, secret)
    clock.now_s = taken_back_s + KNOWN_FOR_S
    for ring in rings:
        key = used(ring, secret)
        assert key is None or not key.live(NOW)


def test_a_known_key_outlives_the_database_for_a_while(engine, ring, clock):
    secret, stranger = create(engine, "app", NOW), create(engine, "app", NOW)
    key = ring.fetch(secret)
    broken(engine)
    clock.now_s = ALONE_FOR_S - 0.1
    assert ring.fetch(secret) == key
    # Not asked again at once: a database that is gone answers late.
    assert ring.recall(secret) == (True, key)
    with pytest.raises(LedgerError):
        ring.fetch(stranger)
    clock.now_s = ALONE_FOR_S
    with pytest.raises(LedgerError):
        ring.fetch(secret)


def test_memory_is_bounded_and_made_up_keys_push_out_no_known_one(engine, ring, monkeypatch):
    monkeypatch.setattr("serving.keyring.MAX_REMEMBERED", 10)
    secret = create(engine, "app", NOW)
    key = ring.fetch(secret)
    for n in range(25):
        assert ring.fetch(f"dp_app_{n:043d}") is None
        assert len(ring._unknown) <= 10 < MAX_REMEMBERED
    assert ring.recall(secret) == (True, key)
    for _ in range(25):
        assert ring.fetch(create(engine, "app", NOW)) is not None
    assert len(ring._known) <= 10


def test_strangers_wait_once_there_are_too_many(engine, ring, clock):
    secret = create(engine, "app", NOW)
    ring.fetch(secret)
    waits = [ring.stranger_s(f"dp_app_{n:043d}") for n in range(STRANGERS.burst + 1)]
    assert waits == [0.0] * STRANGERS.burst + [1 / STRANGERS.per_s]
    assert ring.stranger_s(secret) == 0.0
    clock.now_s = 1 / STRANGERS.per_s
    assert ring.stranger_s("dp_app_" + "y" * 43) == 0.0


def test_the_bounds_are_those_of_the_pages():
    """docs/operations.md: "keys in use go on for 15 minutes"; docs/security.md: a revoked one ends within ten seconds."""
    assert (KNOWN_FOR_S, ALONE_FOR_S) == (10.0, 15 * 60.0)
