"""Every adapter of online features keeps the suite; and what only the one over a server can do wrong."""

import socket
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import redis
from feast.protos.feast.core.Registry_pb2 import Registry

from embedded import OnlineStore, OnlineStoreError, connect, lease_online_store
from models.history import History
from serving.online import RedisOnline
from serving.online_port import Assortment, OnlineUnavailable, Portrait, UserFeatures
from settings import Settings
from tests import world
from tests.suites.feast_online import FeastOnline
from tests.suites.memory_online import MemoryOnline
from tests.suites.online_features import Clock, OnlineFeaturesSuite
from tests.suites.online_world import online_world


@pytest.fixture
def clock():
    return Clock()


def assortment(rows):
    """rows: product → (price_cents, stock_units or None)."""
    prices, stock = zip(*rows.values(), strict=True)
    known = [s is not None for s in stock]
    return Assortment(tuple(rows), np.array(prices), np.array([s or 0 for s in stock]), np.array(known), world.END)


class TestMemory(OnlineFeaturesSuite):
    @pytest.fixture
    def online(self, clock):
        def user(profile, rhythm, *history):
            week = np.zeros(168, np.float32)
            week[list(rhythm)] = list(rhythm.values())
            return UserFeatures(History.of(*history), profile, week, world.END)

        decayed = [0.98**2, 1, 1 + 0.98 + 0.98**2 + 0.98**3]
        profile = {"segment": "loyal", "usual_store_id": "soho", "usual_channel": "app"}
        ann = user(profile, {8: 4}, ["bagel", "cookie", "latte"], [1, 1, 4], decayed, [2, 4, 4], [1, 2, 2], 4)
        bob = user({}, {36: 2}, ["americano", "bagel"], [1, 3], [0.96, 2.94], [1, 3], [1, 2], 3)
        dan = user({"usual_store_id": None}, {116: 1}, ["mocha"], [1], [1], [1], [1], 1)
        stores = {
            "bund": assortment({"cookie": (200, 0), "mocha": (480, None), "tea": (260, 40)}),
            "soho": assortment({"latte": (450, 12)}),
        }
        values = {"favourite_weekday": 0, "r_score": 3, "categories": ["drink", "food"]}
        portraits = {"ann": Portrait(values, world.END), "dan": Portrait({"price_sensitivity": None}, world.END)}
        return MemoryOnline({"ann": ann, "bob": bob, "dan": dan}, stores, clock, portraits)

    @pytest.fixture
    def put_store(self, online):
        def put(store_id, prices):
            online.stores[store_id] = assortment({name: (price, None) for name, price in prices.items()})

        return put


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The world through the river: lake, features, registry, and an online store running while the tests do."""
    settings = Settings(home=tmp_path_factory.mktemp("café"))
    with online_world(settings) as store:
        with connect(store.url) as client:
            rows = {key: client.hgetall(key) for key in client.scan_iter()}
        yield settings, store, rows


@pytest.fixture
def kept(loaded):
    """The loaded store, as it was after loading."""
    settings, store, rows = loaded
    with connect(store.url) as client:
        client.flushdb()
        for key, row in rows.items():
            client.hset(key, mapping=row)
    return settings, store


@pytest.fixture
def put_row(kept):
    from training.feast_store import open_store

    feast = open_store(*kept)

    def put(store_id, prices):
        import pandas as pd

        row = {
            "store_id": store_id,
            "product_ids": list(prices),
            "price_cents": list(prices.values()),
            "stock_units": [0] * len(prices),
            "stock_known": [False] * len(prices),
            "event_timestamp": world.END + timedelta(hours=1),
        }
        feast.write_to_online_store("store_assortment", pd.DataFrame([row]))

    return put


class TestFeast(OnlineFeaturesSuite):
    @pytest.fixture
    def online(self, kept, clock):
        return FeastOnline(*kept, clock)

    @pytest.fixture
    def put_store(self, put_row):
        return put_row


class TestRedis(OnlineFeaturesSuite):
    @pytest.fixture
    def online(self, kept, clock):
        return RedisOnline(*kept, clock)

    @pytest.fixture
    def put_store(self, put_row):
        return put_row

    def test_offline_and_online_tell_the_same(self, online, kept):
        import polars as pl

        from training.features import historical

        entity = pl.DataFrame({"user_id": list(world.USERS), "event_timestamp": [world.END] * 4})
        for row in historical(kept[0], entity, "recommendations_v1").to_dicts():
            user = online.user(row["user_id"])
            assert {name: row[name] for name in user.profile} == user.profile
            assert row["product_ids"] == list(user.history.product_ids)
            assert row["decayed"] == user.history.decayed.tolist()
            assert row["last_at_s"] == user.history.last_at_s.tolist()
            assert row["hour_of_week"] == user.rhythm.tolist()

    def test_offline_and_online_tell_the_same_portrait(self, online, kept):
        import polars as pl

        from training.features import historical

        entity = pl.DataFrame({"user_id": list(world.USERS), "event_timestamp": [world.END] * 4})
        rows = historical(kept[0], entity, "portrait_v1").to_dicts()
        assert len(rows) == 4
        for row in rows:
            told = online.portrait(row.pop("user_id")).values
            del row["event_timestamp"]
            # Of somebody who reviewed nothing there is no row online, and nulls in a join.
            assert {name: value for name, value in row.items() if value is not None} == {
                name: value for name, value in told.items() if value is not None
            }

    def test_a_registry_of_an_earlier_version_has_no_portraits_until_it_is_a_later_one(self, kept, tmp_path):
        older = replace(kept[0], home=tmp_path)
        source, target = (settings.home / "feast" / "registry.db" for settings in (kept[0], older))
        registry = Registry.FromString(source.read_bytes())
        for service in list(registry.feature_services):
            if service.spec.name == "portrait_v1":
                registry.feature_services.remove(service)
        target.parent.mkdir()
        target.write_bytes(registry.SerializeToString())
        online = RedisOnline(older, kept[1])
        assert online.portrait("ann") == Portrait({}, None)
        assert online.user("ann").as_of == world.END
        target.write_bytes(source.read_bytes())
        assert online.portrait("ann") == RedisOnline(*kept).portrait("ann") != Portrait({}, None)


def test_who_finds_a_connection_closed_asks_once_more(kept, monkeypatch):
    online, faults = RedisOnline(*kept), [redis.ConnectionError("closed while it waited")]
    read = online._user.read

    def asked(user_id):
        if faults:
            raise faults.pop()
        return read(user_id)

    monkeypatch.setattr(online._user, "read", asked)
    assert online.user("ann").as_of == world.END
    for faults[:] in ([redis.ConnectionError("closed")] * 2, [redis.TimeoutError("late")]):
        with pytest.raises(OnlineUnavailable):
            online.user("ann")
        assert faults == [], "and only once, and not one that is slow"


def test_a_registry_without_the_services_is_a_plain_fault(kept, tmp_path):
    with pytest.raises(OnlineStoreError, match="run `daypart features`") as caught:
        RedisOnline(replace(kept[0], home=tmp_path), kept[1])
    assert "\n" not in str(caught.value)


@pytest.fixture
def refusing():
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1], None


@pytest.mark.parametrize("kind", ["refusing", "silent"])
def test_a_dead_server_is_unavailable_after_one_try(kind, request, kept):
    port, heard = request.getfixturevalue(kind)
    online = RedisOnline(kept[0], OnlineStore(f"redis://:s3cret@127.0.0.1:{port}/0"))
    calls = (
        lambda: online.user("ann"),
        lambda: online.store("soho"),
        lambda: online.push_visit("ann", History.empty(), world.END),
    )
    for n_calls, call in enumerate(calls, 1):
        with pytest.raises(OnlineUnavailable) as caught:
            call()
        assert "s3cret" not in str(caught.value)
        assert heard is None or len(heard) == n_calls


def test_a_server_that_comes_back_is_used_again(kept, tmp_path):
    elsewhere = Settings(home=tmp_path)
    with lease_online_store(elsewhere) as store:
        online = RedisOnline(kept[0], store)
        assert online.user("ann").as_of is None
    with pytest.raises(OnlineUnavailable):
        online.user("ann")
    with lease_online_store(elsewhere):
        assert online.user("ann").as_of is None


def test_memory_can_be_down_as_well():
    online = MemoryOnline()
    online.down = True
    for call in (
        lambda: online.user("ann"),
        lambda: online.store("soho"),
        lambda: online.push_visit("ann", History.empty()),
    ):
        with pytest.raises(OnlineUnavailable):
            call()
