"""What is taken out is what no calendar has, both sides of its edges, and nothing else."""

import pytest
import redis
from google.protobuf.timestamp_pb2 import Timestamp

from embedded import connect, lease_online_store
from models.history import LATEST_S
from settings import Settings
from training.odd_rows import take_out

FIELD = "_ts:view"


@pytest.fixture
def client(tmp_path):
    with lease_online_store(Settings(home=tmp_path)) as online, connect(online.url) as connected:
        yield connected


def test_what_is_no_moment_goes_and_all_else_stays(client):
    moments = {b"none": 0, b"latest": LATEST_S, b"later": LATEST_S + 1, b"before": -1}
    for key, seconds in moments.items():
        client.hset(key, mapping={FIELD: Timestamp(seconds=seconds).SerializeToString(), "_ts:other": "kept"})
    client.hset(b"garbled", FIELD, b"\xff\xff")
    client.hset(b"unstamped", "feature", b"\xff\xff")
    client.set(b"text", "no row")
    client.set(b"another", "no row of ours")
    keys = [*moments, b"garbled", b"unstamped", b"text", b"absent"]
    assert take_out(client, keys, FIELD) == 4
    assert {key for key in client.scan_iter() if client.type(key) == b"hash" and client.hexists(key, FIELD)} == {
        b"none",
        b"latest",
    }
    assert all(client.hget(key, "_ts:other") == b"kept" for key in moments)
    assert set(client.scan_iter()) == {*moments, b"unstamped", b"another"}
    assert take_out(client, keys, FIELD) == 0


def test_what_the_store_refuses_for_another_reason_is_raised(client):
    client.acl_setuser("default", commands=["-hget"])
    with pytest.raises(redis.RedisError):
        take_out(client, [b"key"], FIELD)
