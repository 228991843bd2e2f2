"""The reader of Feast's rows beside the SDK, on whatever Feast's writer can leave there: whole, half or none."""

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import redis
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import embedded.lease
from embedded import READ_TIMEOUT_S, connect
from embedded.online_rows import entity_key
from serving import online as module
from serving.entity_rows import EntityRows, hashed
from serving.online import RedisOnline
from serving.online_port import OnlineUnavailable, Portrait
from settings import Settings
from tests import world
from tests.suites.feast_online import FeastOnline
from tests.suites.feast_rows import values_of, write
from tests.suites.online_world import online_world

VIEWS = ("user_profile", "user_history", "user_rhythm", "user_portrait", "user_reviews")
WHEN = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
TICK = timedelta(microseconds=1)
# Rows are many values: a failing one is told as it was drawn, as making it smaller takes minutes.
DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)
MANY = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=40, phases=DRAWN)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    kept, clock = Settings(home=tmp_path_factory.mktemp("café")), itertools.count(0, 61).__next__
    with online_world(kept) as store, pytest.MonkeyPatch.context() as patch:
        # Whether they read alike isn't a matter of how busy the machine is.
        patch.setattr(module, "READ_TIMEOUT_S", 5.0)
        patch.setattr(embedded.lease, "READ_TIMEOUT_S", 5.0)
        yield kept, store, RedisOnline(kept, store, clock), FeastOnline(kept, store, clock)


@pytest.fixture(scope="module")
def views(loaded):
    feast = loaded[3]._feast
    return {name: feast.get_feature_view(name) for name in (*VIEWS, "store_assortment")}


def told(read, entity):
    """What a reader says, or that it can't: None."""
    try:
        return read(entity)
    except (ValueError, TypeError, OverflowError):
        return None


def same_moment(one, other):
    # Far from now Feast's SDK loses a microsecond on its way through a float.
    assert one == other or abs(one - other) <= TICK


def same_user(one, other):
    assert (one is None) == (other is None)
    if one is None:
        return
    assert one.profile == other.profile
    assert one.rhythm.dtype == other.rhythm.dtype == np.float32
    np.testing.assert_array_equal(one.rhythm, other.rhythm)
    assert (one.history.product_ids, one.history.n_visits) == (other.history.product_ids, other.history.n_visits)
    for name in ("counts", "decayed", "last_visit", "last_at_s"):
        np.testing.assert_array_equal(getattr(one.history, name), getattr(other.history, name))
    same_moment(one.as_of, other.as_of)


def same_portrait(one, other):
    assert one.values == other.values
    same_moment(one.as_of, other.as_of)


def same_store(one, other):
    assert (one is None) == (other is None)
    if one is None:
        return
    assert one.product_ids == other.product_ids
    for name in ("price_cents", "stock_units", "stock_known"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    same_moment(one.as_of, other.as_of)


@MANY
@given(st.data())
def test_a_user_of_any_rows_is_read_as_the_sdk_reads_them(loaded, views, data):
    _, store, online, sdk = loaded
    with connect(store.url) as client:
        client.delete(entity_key("daypart", "user_id", "any"))
    for name in data.draw(st.sets(st.sampled_from(VIEWS))):
        # No history has a null in it; whole ones, which these hardly ever are, are test_history_read.py's.
        values = data.draw(values_of(views[name], nulls=name != "user_history"))
        write(sdk._feast, views[name], "any", values, data.draw(WHEN))
    same_user(told(online.user, "any"), told(sdk.user, "any"))
    same_portrait(online.portrait("any"), sdk.portrait("any"))


def test_what_was_materialised_is_read_as_the_sdk_reads_it(loaded):
    _, _, online, sdk = loaded
    for name in (*world.USERS, "nobody", "", "安"):
        same_user(online.user(name), sdk.user(name))
        same_portrait(online.portrait(name), sdk.portrait(name))
    for name in ("soho", "bund", "nowhere"):
        same_store(online.store(name), sdk.store(name))
    assert online.user("ann").profile["segment"] == "loyal"
    assert online.portrait("nobody") == Portrait({}, None)
    assert online.store("bund").product_ids == ("cookie", "mocha", "tea")


@MANY
@given(st.data())
def test_a_store_of_any_row_is_read_as_the_sdk_reads_it(loaded, views, data):
    _, store, online, sdk = loaded
    with connect(store.url) as client:
        client.delete(entity_key("daypart", "store_id", "any"))
    write(
        sdk._feast, views["store_assortment"], "any", data.draw(values_of(views["store_assortment"])), data.draw(WHEN)
    )
    reference = told(sdk.store, "any")
    if reference is not None:
        lists = [getattr(reference, name) for name in ("price_cents", "stock_units", "stock_known")]
        # The SDK's reader takes half a row and lists that don't fit.
        if {np.shape(each) for each in lists} != {(len(reference.product_ids),)}:
            reference = None
    same_store(told(online.store, "any"), reference)


@pytest.mark.parametrize(
    "stands", ["a word", "a stamp of noise", "a stamp of no calendar", "no stamp", "a feature of noise"]
)
def test_what_is_no_row_is_a_value_error_for_that_entity_alone(loaded, stands):
    _, store, online, sdk = loaded
    key = entity_key("daypart", "user_id", "odd")
    with connect(store.url) as client:
        client.delete(key)
        if stands == "a word":
            client.set(key, b"not a hash")
        elif stands.startswith("a stamp"):
            noise = b"\xff\xff" if "noise" in stands else Timestamp(seconds=2**60).SerializeToString()
            client.hset(key, "_ts:user_profile", noise)
            client.hset(key, "_ts:user_portrait", noise)
        elif stands == "no stamp":
            client.hset(
                key, mapping={hashed("user_rhythm", "hour_of_week"): b"", hashed("user_portrait", "r_score"): b""}
            )
        else:
            for view, name in (("user_profile", "segment"), ("user_portrait", "r_score")):
                stamp = client.hget(entity_key("daypart", "user_id", "ann"), f"_ts:{view}")
                client.hset(key, mapping={f"_ts:{view}": stamp, hashed(view, name): b"\xff\xff"})
        for read in (online.user, online.portrait):
            with pytest.raises(ValueError, match=r"WRONGTYPE|Feast didn't write|no calendar|without the moment"):
                read("odd")
        client.delete(key)
    same_user(online.user("ann"), sdk.user("ann"))


def test_one_round_trip_reads_all_that_is_asked(loaded):
    _, store, online, _ = loaded
    with connect(store.url) as client:
        before = client.info("commandstats")["cmdstat_hmget"]["calls"]
        online.user("ann")
        assert client.info("commandstats")["cmdstat_hmget"]["calls"] == before + 1


def test_an_answer_that_concerns_all_is_a_store_that_does_not_answer(loaded):
    _, store, online, _ = loaded
    with connect(store.url) as client:
        client.execute_command("ACL", "SETUSER", "default", "-hmget")
        for read in (online.user, online.portrait, online.store):
            with pytest.raises(OnlineUnavailable):
                read("ann of whom nobody asked")
        client.execute_command("ACL", "SETUSER", "default", "+@all")


def test_a_store_that_is_gone_is_told_as_such(tmp_path):
    nowhere = redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None, socket_timeout=READ_TIMEOUT_S)
    with pytest.raises(redis.ConnectionError):
        EntityRows(nowhere, "daypart", "user_id", {"view": ("feature",)}).read("ann")
