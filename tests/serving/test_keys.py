"""Keys are made, rotated and taken back; each act is audited, and no secret is kept anywhere."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select

from offers.audit import By, faults, newest
from offers.database import connect, transaction
from serving.key_list import listed
from serving.keyring import KeyRing
from serving.keys import MAX_OVERLAP, SCOPES, KeyFault, create, key_id_of, revoke, rotate
from serving.tables import API_KEYS, prepare
from tests.serving.fakes import NOW

ANN = By("shell:ann", "lost phone")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def engine(tmp_path):
    found = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    prepare(found)
    yield found
    found.dispose()


def key_of(engine, secret):
    """The key as a worker that never saw it finds it."""
    return KeyRing(engine, lambda: 0.0).fetch(secret)


def audited(engine):
    with transaction(engine, write=False) as connection:
        assert list(faults(connection)) == []
        return newest(connection, 99)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_is_shown_once_and_stored_as_a_hash(engine, scope, tmp_path):
    secret = create(engine, scope, NOW)
    assert re.fullmatch(rf"dp_{scope}_[A-Za-z0-9_-]{{43}}", secret)
    with transaction(engine, write=False) as connection:
        row = connection.execute(select(API_KEYS)).one()
    key = key_of(engine, secret)
    assert (key.scope, key.store_id, key.live(NOW)) == (scope, None, True)
    assert key.key_id == key_id_of(secret) == row.key_id
    assert len(key.key_id) <= API_KEYS.c.key_id.type.length
    assert secret not in str(row) + str(listed(engine, NOW)) + str(audited(engine))
    engine.dispose()
    assert not [file for file in tmp_path.iterdir() if secret.encode() in file.read_bytes()]


def test_a_key_ends_when_it_says(engine):
    key = key_of(engine, create(engine, "app", NOW, expires=NOW + HOUR))
    assert key.live(NOW + HOUR - timedelta(milliseconds=1))
    assert not key.live(NOW + HOUR)


@pytest.mark.parametrize(
    ("scope", "more", "says"),
    [
        ("root", {}, "choose one of app, pos"),
        ("app", {"expires": NOW}, "later moment"),
        *((scope, {"store_id": "s1"}, "only a till's") for scope in SCOPES if scope != "pos"),
    ],
)
def test_impossible_keys_are_refused_with_advice(engine, scope, more, says):
    with pytest.raises(KeyFault, match=says):
        create(engine, scope, NOW, **more)
    assert listed(engine, NOW) == audited(engine) == []


def test_a_revoked_key_is_unknown_and_the_list_says_why(engine):
    secret, other = create(engine, "pos", NOW, store_id="s1", by=ANN), create(engine, "app", NOW)
    revoke(engine, key_id_of(secret), NOW + HOUR, ANN)
    assert key_of(engine, secret) is None
    assert key_of(engine, other) is not None
    card = next(card for card in listed(engine, NOW + DAY) if card.key_id == key_id_of(secret))
    assert (card.state, card.store_id, card.revoked, card.created) == ("revoked", "s1", NOW + HOUR, NOW)
    with pytest.raises(KeyFault, match="revoked before"):
        revoke(engine, key_id_of(secret), NOW + DAY, ANN)
    with pytest.raises(KeyFault, match="keys list"):
        revoke(engine, "app-nobody", NOW, ANN)
    newest_row, *_ = audited(engine)
    assert (newest_row.act, newest_row.subject, newest_row.actor, newest_row.why, newest_row.at) == (
        "key_revoked", key_id_of(secret), "shell:ann", "lost phone", NOW + HOUR,
    )  # fmt: skip


def test_both_keys_work_while_they_overlap_and_speak_for_the_same_holder(engine):
    first = create(engine, "pos", NOW, store_id="s1", expires=NOW + 30 * DAY)
    second = rotate(engine, key_id_of(first), NOW + 10 * DAY, HOUR, ANN)
    old, new = key_of(engine, first), key_of(engine, second)
    end = NOW + 10 * DAY + HOUR
    assert old.live(end - timedelta(milliseconds=1))
    assert not old.live(end)
    # Its successor has as long a life as it had itself, of the same scope and store.
    assert new.live(NOW + 40 * DAY - timedelta(milliseconds=1))
    assert not new.live(NOW + 40 * DAY)
    assert (new.scope, new.store_id, new.holder) == ("pos", "s1", old.holder) == ("pos", "s1", old.key_id)
    third = key_of(engine, rotate(engine, new.key_id, NOW + 11 * DAY, HOUR, ANN))
    assert third.holder == old.key_id != third.key_id
    assert next(card.state for card in listed(engine, NOW + 10 * DAY)) == "rotated"
    states = {card.key_id: (card.state, card.successor) for card in listed(engine, NOW + 11 * DAY)}
    assert states == {
        old.key_id: ("expired", new.key_id), new.key_id: ("rotated", third.key_id), third.key_id: ("live", None),
    }  # fmt: skip
    assert [row.act for row in audited(engine)] == ["key_rotated", "key_rotated", "key_created"]


def test_a_rotation_never_lengthens_a_life_and_one_without_end_stays_so(engine):
    short, endless = create(engine, "app", NOW, expires=NOW + HOUR), create(engine, "app", NOW)
    rotate(engine, key_id_of(short), NOW, DAY, ANN)
    assert not key_of(engine, short).live(NOW + HOUR)
    assert key_of(engine, rotate(engine, key_id_of(endless), NOW, timedelta(0), ANN)).expires_ms is None
    assert not key_of(engine, endless).live(NOW)


def test_only_a_live_key_is_rotated_and_for_a_while(engine):
    gone, old, live = (create(engine, "app", NOW, expires=NOW + DAY) for _ in range(3))
    revoke(engine, key_id_of(gone), NOW, ANN)
    rotate(engine, key_id_of(old), NOW, HOUR, ANN)
    for secret, at, says in ((gone, NOW, "revoked"), (old, NOW, "rotated into app-"), (live, NOW + DAY, "expired")):
        with pytest.raises(KeyFault, match=says):
            rotate(engine, key_id_of(secret), at, HOUR, ANN)
    for overlap in (timedelta(seconds=-1), MAX_OVERLAP + timedelta(seconds=1)):
        with pytest.raises(KeyFault, match="overlap"):
            rotate(engine, key_id_of(live), NOW, overlap, ANN)


def test_keys_of_an_older_table_stay_good(engine):
    secret = create(engine, "pos", NOW, store_id="s1")
    with transaction(engine, write=True) as connection:
        for name in ("revoked_ms", "holder_id", "successor_id"):
            connection.exec_driver_sql(f"ALTER TABLE api_keys DROP COLUMN {name}")
    prepare(engine)
    assert {column["name"] for column in inspect(engine).get_columns("api_keys")} == set(API_KEYS.columns.keys())
    assert key_of(engine, secret).store_id == "s1"
    revoke(engine, key_id_of(secret), NOW, ANN)
    assert key_of(engine, secret) is None
