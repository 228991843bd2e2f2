import pytest

from embedded import connect, lease_online_store
from embedded.filled import PLEDGE_S, WHOLE, Filled, Filling, filling, mark_key
from settings import Settings

NOTHING = Filled(False, False)


@pytest.fixture
def client(tmp_path):
    with lease_online_store(Settings(home=tmp_path)) as store, connect(store.url) as client:
        yield client


def test_what_was_pledged_and_filled_stands_whole_until_the_store_is_emptied(client):
    one = Filling(client, "daypart")
    assert one.stands() == NOTHING
    one.begin()
    assert one.stands() == NOTHING
    assert one.end()
    assert one.stands() == WHOLE
    assert client.hgetall(mark_key("daypart")) == {b"histories": b"1", b"others": b"1"}
    assert client.keys() == [mark_key("daypart")], "no pledge is left"
    client.flushall()
    assert one.stands() == NOTHING


def test_histories_alone_leave_what_else_stood(client):
    one = Filling(client, "daypart")
    one.begin()
    one.end(others=False)
    assert one.stands() == Filled(True, False)
    one.begin()
    one.end()
    one.begin()
    one.end(others=False)
    assert one.stands() == WHOLE


def test_a_store_emptied_while_it_is_filled_is_not_whole(client):
    one, other = Filling(client, "daypart"), Filling(client, "daypart")
    one.begin()
    client.flushall()
    other.begin()
    assert not one.end()
    assert one.stands() == NOTHING
    assert other.end()


def test_a_pledge_that_somebody_left_behind_goes_by_itself(client):
    Filling(client, "daypart").begin()
    (key,) = client.keys()
    assert 0 < client.ttl(key) <= PLEDGE_S


def test_another_project_is_another_matter(client):
    one, other = Filling(client, "daypart"), Filling(client, "other")
    one.begin()
    one.end()
    assert (one.stands(), other.stands()) == (WHOLE, NOTHING)


def test_of_some_settings(tmp_path):
    settings = Settings(home=tmp_path)
    with lease_online_store(settings) as store:
        whole = filling(settings, store)
        whole.begin()
        assert whole.end()
        assert filling(settings, store).stands() == WHOLE
