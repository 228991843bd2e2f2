from datetime import UTC, datetime, timedelta

import pytest

from embedded import connect, lease_online_store
from embedded.filled import PLEDGE_S, Filled, Filling, filling, mark_key
from settings import Settings

NOTHING = Filled(False, False)
AT = datetime(2026, 3, 2, 13, 30, 0, 7, tzinfo=UTC)
LATER = AT + timedelta(hours=5)
WHOLE = Filled(True, True, AT, AT)


@pytest.fixture
def client(tmp_path):
    with lease_online_store(Settings(home=tmp_path)) as store, connect(store.url) as client:
        yield client


def test_what_was_pledged_and_filled_stands_whole_until_the_store_is_emptied(client):
    one = Filling(client, "daypart")
    assert one.stands() == NOTHING
    one.begin()
    assert one.stands() == NOTHING
    assert one.end(AT)
    assert one.stands() == WHOLE
    assert set(client.hgetall(mark_key("daypart"))) == {b"histories", b"others"}
    assert client.keys() == [mark_key("daypart")], "no pledge is left"
    client.flushall()
    assert one.stands() == NOTHING


def test_histories_alone_leave_what_else_stood(client):
    one = Filling(client, "daypart")
    one.begin()
    one.end(AT, others=False)
    assert one.stands() == Filled(True, False, AT)
    one.begin()
    one.end(AT)
    one.begin()
    one.end(LATER, others=False)
    assert one.stands() == Filled(True, True, LATER, AT)
    one.begin()
    one.end(AT)
    assert one.stands() == WHOLE, "the last word counts: one from a clock that ran ahead must not stay"


def test_a_mark_without_a_moment_is_one_all_the_same(client):
    for mark, at in (
        (b"1", None),
        (b"", None),
        (b"\xff", None),
        (b"2026-03-02T13:30:00", None),
        (AT.isoformat().encode(), AT),
    ):
        client.hset(mark_key("daypart"), mapping={"histories": mark, "others": mark})
        assert Filling(client, "daypart").stands() == Filled(True, True, at, at)


def test_a_row_is_true_until_all_were():
    assert WHOLE.true_at(AT - timedelta(days=365)) == AT
    assert WHOLE.true_at(LATER) == LATER
    assert Filled(True, False).true_at(AT) == AT


def test_a_store_emptied_while_it_is_filled_is_not_whole(client):
    one, other = Filling(client, "daypart"), Filling(client, "daypart")
    one.begin()
    client.flushall()
    other.begin()
    assert not one.end(AT)
    assert one.stands() == NOTHING
    assert other.end(AT)


def test_a_pledge_that_somebody_left_behind_goes_by_itself(client):
    Filling(client, "daypart").begin()
    (key,) = client.keys()
    assert 0 < client.ttl(key) <= PLEDGE_S


def test_another_project_is_another_matter(client):
    one, other = Filling(client, "daypart"), Filling(client, "other")
    one.begin()
    one.end(AT)
    assert (one.stands(), other.stands()) == (WHOLE, NOTHING)


def test_of_some_settings(tmp_path):
    settings = Settings(home=tmp_path)
    with lease_online_store(settings) as store:
        whole = filling(settings, store)
        whole.begin()
        assert whole.end(AT)
        assert filling(settings, store).stands() == WHOLE
