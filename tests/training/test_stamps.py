from datetime import UTC, datetime, timedelta

import pytest

from embedded import connect, lease_online_store
from settings import Settings
from training import stamps as module
from training.stamps import order, replace_stamps, stamp_of, stamps

AT = datetime(2026, 3, 2, 13, 30, 0, 7, tzinfo=UTC)
US = timedelta(microseconds=1)


@pytest.fixture
def client(tmp_path):
    with lease_online_store(Settings(home=tmp_path)) as store, connect(store.url) as client:
        yield client


def test_stamps_sort_as_moments_do():
    moments = [AT - timedelta(days=9), AT - US, AT, AT + US, AT + timedelta(seconds=1)]
    assert sorted(moments, key=lambda at: order(stamp_of(at))) == moments
    assert order(stamp_of(AT)) == (int(AT.timestamp()), 7000)


def test_one_is_replaced_only_where_what_was_read_still_stands(client, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 2)
    keys = [f"k{n}".encode() for n in range(5)]
    for n, key in enumerate(keys[:4]):
        client.hset(key, "_ts:v", stamp_of(AT + n * US))
    client.hset(keys[4], "another", b"x")
    stand = stamps(client, "_ts:v", keys)
    assert stand == {key: stamp_of(AT + n * US) for n, key in enumerate(keys[:4])}
    client.hset(keys[1], "_ts:v", stamp_of(AT + 9 * US))
    replace_stamps(client, "_ts:v", stand, stamp_of(AT - US))
    after = stamps(client, "_ts:v", keys)
    assert [after[key] == stamp_of(AT - US) for key in keys[:4]] == [True, False, True, True]
    assert client.hgetall(keys[4]) == {b"another": b"x"}
