"""An embedded store that is killed under its users is there again, with what it had saved."""

import os
import signal
import time
from types import SimpleNamespace

import pytest

from embedded import OnlineStoreError, connect, lease_online_store
from serving import revived
from serving.revived import Revived
from settings import Settings

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    found = Settings(home=tmp_path_factory.mktemp("revived"))
    with lease_online_store(found):
        yield found


def parts(settings, is_down=True):
    return SimpleNamespace(settings=settings, gate=SimpleNamespace(is_down=is_down))


def test_a_store_that_was_killed_is_started_under_the_same_address_once(settings):
    with lease_online_store(settings) as store:
        client = connect(store.url)
        client.set("kept", "1")
        client.save()
        pid = int(client.info("server")["process_id"])
        first, second = Revived(parts(settings)), Revived(parts(settings))
        assert not first.look()
        os.kill(pid, signal.SIGKILL)
        assert not Revived(parts(settings, is_down=False)).look()
        began = time.monotonic()
        while not first.look():  # its threads hold the lock until the last of them has ended
            assert time.monotonic() - began < PATIENCE_S
            time.sleep(0.01)
        assert not second.look()
        with lease_online_store(settings) as same, connect(store.url, 5.0) as again:
            assert same.url == store.url
            assert again.get("kept") == b"1"
            assert int(again.info("server")["process_id"]) != pid


def test_a_store_of_somebody_elses_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(revived, "revive", lambda _: pytest.fail("not ours"))
    assert not Revived(parts(Settings(home=tmp_path, redis_url="redis://127.0.0.1:1/0"))).look()


def test_one_that_does_not_start_is_a_line_and_is_tried_again(tmp_path, monkeypatch, caplog):
    told = iter([OnlineStoreError("no room"), OnlineStoreError("no room"), True])

    def revive(_):
        if isinstance(found := next(told), Exception):
            raise found
        return found

    monkeypatch.setattr(revived, "revive", revive)
    errand = Revived(parts(Settings(home=tmp_path)))
    assert [errand.look() for _ in range(3)] == [False, False, True]
    assert caplog.messages == [
        "the embedded online store can't be started again: no room", "the embedded online store was started"
    ]  # fmt: skip
