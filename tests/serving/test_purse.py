"""The script in a real Valkey: two clients, one bucket; and what happens when nobody answers."""

import socket

import pytest

from embedded import READ_TIMEOUT_S, connect, lease_online_store
from serving.limiter import PurseGone
from serving.purse import PREFIX, StorePurse
from serving.rate import Rate
from settings import Settings


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with lease_online_store(Settings(home=tmp_path_factory.mktemp("purse"))) as store:
        yield store.url


def test_clients_share_one_bucket_that_is_forgotten_when_full_again(url):
    rate = Rate(per_s=1, burst=5)
    with connect(url) as one, connect(url) as two:
        purses = [StorePurse(client) for client in (one, two)]
        taken = [purses[n % 2].take("app-1", rate, 2) for n in range(4)]
        assert [given for given, _ in taken] == [2, 2, 1, 0]
        assert 0 < taken[3][1] <= 1
        assert purses[0].take("app-2", rate, 9)[0] == 5
        assert 0 < one.pttl(PREFIX + "app-1") <= 6000
        # As if three seconds had passed.
        one.hincrbyfloat(PREFIX + "app-1", "at", -3)
        assert purses[1].take("app-1", rate, 9)[0] == 3
        # A clock that stepped back, and a bucket that was larger under another setting.
        one.hincrbyfloat(PREFIX + "app-1", "at", 3600)
        assert purses[0].take("app-1", rate, 9)[0] == 0
        one.hset(PREFIX + "app-1", "tokens", 5000)
        assert purses[0].take("app-1", rate, 99)[0] == 5


def test_a_store_that_forgot_the_script_is_taught_again(url):
    with connect(url) as client:
        purse = StorePurse(client)
        assert purse.take("app-3", Rate(1, 1), 1)[0] == 1
        client.script_flush()
        assert purse.take("app-3", Rate(1, 1), 1)[0] == 0


def test_nobody_there_and_somebody_silent_are_both_gone():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with connect(f"redis://127.0.0.1:{port}", READ_TIMEOUT_S) as client, pytest.raises(PurseGone):
            StorePurse(client).take("app-1", Rate(1, 1), 1)
    with connect(f"redis://127.0.0.1:{port}", READ_TIMEOUT_S) as client, pytest.raises(PurseGone):
        StorePurse(client).take("app-1", Rate(1, 1), 1)
