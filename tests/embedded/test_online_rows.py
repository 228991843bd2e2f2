"""The key by which an entity's row is deleted is the one that Feast writes it under."""

import pytest

from embedded import connect, lease_online_store
from embedded.online_rows import delete_rows, entity_key, ids_of
from settings import Settings


@pytest.mark.parametrize("value", ["ann", "", "card-0f", "顾客 7", "x" * 128])
def test_the_key_is_feasts(value):
    from feast.infra.key_encoding_utils import serialize_entity_key
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    said = EntityKey(join_keys=["user_id"], entity_values=[Value(string_val=value)])
    theirs = serialize_entity_key(said, entity_key_serialization_version=3) + b"daypart"
    assert entity_key("daypart", "user_id", value) == theirs


def test_rows_go_and_others_stay(tmp_path):
    settings = Settings(home=tmp_path)
    with lease_online_store(settings) as store:
        with connect(store.url) as client:
            for user in ("ann", "bob"):
                client.hset(entity_key("daypart", "user_id", user), "f", "1")
            assert delete_rows(settings, store, "user_id", ["ann", "zoe"]) == 1
            assert [client.exists(entity_key("daypart", "user_id", user)) for user in ("ann", "bob")] == [0, 1]
        assert delete_rows(settings, store, "user_id", []) == 0


def test_who_is_told_of(tmp_path):
    settings = Settings(home=tmp_path)
    with lease_online_store(settings) as store, connect(store.url) as client:
        for project, key, value in (
            ("daypart", "user_id", "ann"), ("daypart", "user_id", "顾客 7"), ("daypart", "store_id", "soho"),
            ("other", "user_id", "bob"),
        ):  # fmt: skip
            client.hset(entity_key(project, key, value), "f", "1")
        client.set("user_id", "x")
        assert ids_of(settings, store, "user_id") == {"ann", "顾客 7"}
