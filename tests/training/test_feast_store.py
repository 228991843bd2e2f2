"""The registry says what the views page says, and what Feast prints stays out of our output."""

import os
import sys
from datetime import timedelta

import pytest
from feast import Entity, FeatureService, FeatureView, Field, FileSource
from feast.types import Int64, String
from google.protobuf.timestamp_pb2 import Timestamp

from embedded import OnlineStore, connect, lease_online_store
from settings import Settings
from tests import world
from training import features
from training.feast_store import declare, join, load, open_store, quiet, remove


@pytest.fixture
def settings(tmp_path):
    settings = Settings(home=tmp_path)
    world.fill(settings.lake)
    features.compute(settings, world.END)
    return settings


def test_declaring_twice_says_the_same(settings):
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        for _ in range(2):
            declare(store, settings)
            assert sorted(v.name for v in store.list_feature_views()) == sorted(features.VIEWS)
            assert sorted(s.name for s in store.list_feature_services()) == [
                "portrait_v1",
                "recommendations_v1",
                "responses_v1",
                "store_v1",
                "timing_v1",
            ]


def test_sources_stand_in_the_home_of_these_settings(settings, tmp_path):
    store = open_store(settings)
    declare(store, settings)
    paths = {v.batch_source.path for v in store.list_feature_views()}
    assert paths == {str(tmp_path / "features" / f"{view}.parquet") for view in features.VIEWS}


def test_what_is_no_longer_declared_goes_from_the_registry_and_from_the_online_store(settings):
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        declare(store, settings)
        load(store, online, "user_profile", "user_id", ["ann"], world.END)
        user = store.get_entity("user")
        source = FileSource(
            name="old", path=str(settings.features / "user_profile.parquet"), timestamp_field="event_timestamp"
        )
        schema = [Field(name="user_id", dtype=String), Field(name="n_orders", dtype=Int64)]
        old = FeatureView(name="old_view", entities=[user], schema=schema, source=source, ttl=timedelta(days=1))
        with quiet():
            store.apply([old, FeatureService(name="old_service", features=[old]), Entity(name="old_entity")])
            store.materialize(world.END, world.END, feature_views=["old_view"])

        def fields():
            with connect(online.url) as client:
                return {field for key in client.scan_iter() for field in client.hkeys(key) if field.startswith(b"_ts:")}

        assert fields() == {b"_ts:user_profile", b"_ts:old_view"}
        declare(store, settings)
        assert fields() == {b"_ts:user_profile"}
        assert "old_view" not in {v.name for v in store.list_feature_views()}
        assert "old_service" not in {s.name for s in store.list_feature_services()}
        assert "old_entity" not in {e.name for e in store.list_entities()}


def test_loading_counts_what_is_online_and_not_what_was_sent(settings):
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        declare(store, settings)
        assert load(store, online, "user_profile", "user_id", ["ann", "bob", "cat", "dan", "zoe"], world.END) == 4


def test_loading_more_than_a_batch(settings, monkeypatch):
    monkeypatch.setattr("training.stamps.BATCH", 3)
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        declare(store, settings)
        for _ in range(2):
            assert load(store, online, "user_history", "user_id", list(world.USERS), world.END) == 4


def test_rows_that_nobody_can_read_are_written_anew(settings):
    with lease_online_store(settings) as online, connect(online.url) as client:
        store = open_store(settings, online)
        declare(store, settings)
        users = list(world.USERS)
        load(store, online, "user_history", "user_id", users, world.END)
        whole = {key: client.hgetall(key) for key in client.scan_iter()}
        (garbled, field), (never, _), (other, _), *_ = ((key, b"_ts:user_history") for key in sorted(whole))
        client.hset(garbled, field, b"\xff\xff\xff")
        client.hset(never, field, Timestamp(seconds=10**15).SerializeToString())
        client.set(other, "no row")
        assert load(store, online, "user_history", "user_id", users, world.END) == len(whole) == 4
        assert {key: client.hgetall(key) for key in client.scan_iter()} == whole


def test_joins_need_no_online_store(settings):
    import polars as pl

    store = open_store(settings)
    declare(store, settings)
    entity = pl.DataFrame({"user_id": ["ann"], "event_timestamp": [world.END]})
    assert join(store, entity, "recommendations_v1")["n_visits"].to_list() == [4]


def test_no_password_enters_the_environment_or_a_message(settings):
    open_store(settings, OnlineStore("redis://:s3cret@127.0.0.1:1/0"))
    assert not [name for name, value in os.environ.items() if "s3cret" in value]


def test_quiet_silences_both_streams_and_gives_them_back(capsys):
    with quiet():
        sys.stdout.write("Feast says\n")
        sys.stderr.write("and complains\n")
    sys.stdout.write("ours\n")
    assert capsys.readouterr() == ("ours\n", "")


def test_removing_takes_every_view_of_those_alone(settings, monkeypatch):
    monkeypatch.setattr("training.stamps.BATCH", 2)
    with lease_online_store(settings) as online:
        store = open_store(settings, online)
        declare(store, settings)
        for view in ("user_profile", "user_history"):
            load(store, online, view, "user_id", list(world.USERS), world.END)
        assert remove(store, online, "user_id", ["ann", "nobody", "bob"]) == 2
        with connect(online.url) as client:
            assert len(list(client.scan_iter())) == 2
        assert remove(store, online, "user_id", ["ann"]) == 0
