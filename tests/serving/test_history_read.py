"""The reader of Feast's rows on Redis beside the SDK, on whatever can stand there."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded import READ_TIMEOUT_S, connect
from embedded.feast_config import repo_config
from embedded.online_rows import entity_key
from models.history import History
from serving.history_rows import STAMP
from serving.online_port import OnlineUnavailable
from settings import Settings
from tests import world
from tests.suites.feast_online import FeastOnline
from tests.suites.online_world import online_world

WORD = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)
COUNT = st.floats(2**-20, 2.0**20, width=32)
WHEN = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    kept = Settings(home=tmp_path_factory.mktemp("café"))
    with online_world(kept) as store:
        yield kept, store, FeastOnline(kept, store)


@st.composite
def histories(draw):
    ids = draw(st.lists(WORD, unique=True, min_size=1, max_size=20))
    n_visits = draw(st.integers(1, 2**31 - 1))
    columns = [[draw(kind) for _ in ids] for kind in (COUNT, COUNT, st.integers(1, n_visits), st.integers(1, 2**33))]
    return History.of(ids, *columns, n_visits)


def past(online, user_id):
    (found,) = online.pasts([user_id])
    return found


def same(one, other):
    assert one.history.product_ids == other.history.product_ids
    for name in ("counts", "decayed", "last_visit", "last_at_s"):
        mine, theirs = getattr(one.history, name), getattr(other.history, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)
    assert one.history.n_visits == other.history.n_visits
    # Far from now Feast's SDK loses a microsecond on its way through a float.
    assert (one.as_of is None) == (other.as_of is None)
    assert one.as_of is None or abs(one.as_of - other.as_of) <= timedelta(microseconds=1)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(WORD, histories(), st.one_of(st.none(), WHEN))
def test_what_was_pushed_is_read_as_the_sdk_reads_it(loaded, user_id, history, at):
    online = loaded[2]
    online.push_visit(user_id, history, at)
    read = past(online, user_id)
    same(read, online.user(user_id))
    assert read.history.product_ids == history.product_ids
    np.testing.assert_array_equal(read.history.counts, history.counts)


def test_what_was_materialised_is_read_as_the_sdk_reads_it(loaded):
    online = loaded[2]
    for user_id in world.USERS:
        same(past(online, user_id), online.user(user_id))
    assert past(online, "ann").history.n_visits == 4


def test_somebody_unknown_has_nothing(loaded):
    nobody = past(loaded[2], "nobody at all")
    assert (len(nobody.history), nobody.history.n_visits, nobody.as_of) == (0, 0, None)


@pytest.mark.parametrize("field", range(6))
def test_half_a_row_is_damaged(loaded, field):
    kept, store, online = loaded
    key = entity_key(str(repo_config(kept, "localhost:0")["project"]), "user_id", "halved")
    online.push_visit("halved", History.of(["a", "b"], [1, 2], [1, 2], [1, 2], [1, 2], 2))
    with connect(store.url) as client:
        names = [name for name in client.hkeys(key) if not name.startswith(b"_ts")]
        client.hdel(key, names[field])
        before, damaged, after = online.pasts(["ann", "halved", "bob"])
        assert isinstance(damaged, ValueError)
        assert "history" in str(damaged)
        # Its neighbours are read as ever.
        same(before, online.user("ann"))
        same(after, online.user("bob"))
        client.delete(key)
    assert past(online, "halved").as_of is None


def test_a_connection_that_was_closed_is_opened_again(loaded):
    _, store, online = loaded
    assert past(online, "ann").as_of is not None
    with connect(store.url) as client:
        for one in client.client_list():
            if one["id"] != str(client.client_id()):
                client.client_kill_filter(_id=one["id"])
    assert past(online, "ann").as_of is not None


def test_an_answer_that_came_too_late_is_not_the_next_ones(loaded):
    _, store, online = loaded
    ann, bob = past(online, "ann"), past(online, "bob")
    assert ann.history.product_ids != bob.history.product_ids
    with connect(store.url) as client:
        client.client_pause(int(READ_TIMEOUT_S * 3000))
        with pytest.raises(OnlineUnavailable):
            past(online, "ann")
        client.client_unpause()
    same(past(online, "bob"), bob)


def test_a_store_that_is_gone_is_told_as_such(tmp_path):
    from serving.history_read import HistoryRead
    from serving.history_rows import Kind

    nowhere = redis.Redis(unix_socket_path=str(tmp_path / "none.sock"), retry=None)
    with pytest.raises(redis.ConnectionError):
        HistoryRead(nowhere, "daypart", Kind((), dict, list)).read(["ann"])


def test_a_moment_keeps_its_microseconds(loaded):
    online, at = loaded[2], world.END + timedelta(microseconds=123_457)
    online.push_visit("exact", History.of(["a"], [1], [1], [1], [1], 1), at)
    assert past(online, "exact").as_of == at


@pytest.mark.parametrize("stands", ["a word", "no stamp", "a stamp of noise", "a feature of noise"])
def test_what_is_no_row_of_ours_is_damaged_alone(loaded, stands):
    kept, store, online = loaded
    key = entity_key(str(repo_config(kept, "localhost:0")["project"]), "user_id", "odd")
    online.push_visit("odd", History.of(["a", "b"], [1, 2], [1, 2], [1, 2], [1, 2], 2))
    with connect(store.url) as client:
        names = client.hkeys(key)
        if stands == "a word":
            client.set(key, b"not a hash")
        if stands == "no stamp":
            names = client.hdel(key, STAMP) * [STAMP.encode()]
        for name in names if "noise" in stands else ():
            if name.startswith(b"_ts") == ("stamp" in stands):
                client.hset(key, name, b"\xff\xff\xff")
        ann, damaged, bob = online.pasts(["ann", "odd", "bob"])
        assert isinstance(damaged, ValueError)
        same(ann, online.user("ann"))
        same(bob, online.user("bob"))
        client.delete(key)
    same(past(online, "ann"), online.user("ann"))


def test_an_answer_that_concerns_all_is_a_store_that_does_not_answer(loaded):
    _, store, online = loaded
    with connect(store.url) as client:
        client.execute_command("ACL", "SETUSER", "default", "-hmget")
        with pytest.raises(OnlineUnavailable):
            online.pasts(["ann", "bob"])
        client.execute_command("ACL", "SETUSER", "default", "+@all")
    same(past(online, "ann"), online.user("ann"))
