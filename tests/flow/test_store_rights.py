"""The Redis user of docs/security.md, as it stands there: the service serves under it, and it can do little else."""

import asyncio
import re
import time
from urllib.parse import quote, urlsplit

import pytest
import redis

from embedded import connect, lease_online_store
from embedded.filled import Filled, Filling
from serving.calls import CALLS
from serving.front import Front
from serving.keys import key_id_of
from serving.opening import open_parts, warm_up
from serving.purse import PREFIX
from settings import Settings
from tests import world
from tests.flow import served_home
from tests.house.rooms import ROOT
from tests.suites.raw_http import call

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """(home, keys, address of the store as the page's user): the embedded store with that user."""
    home = tmp_path_factory.mktemp("rights")
    secrets = served_home.fill(home)
    name, *rules = re.search(r"```acl\nuser (.+)\n", PAGE)[1].replace(">PASSWORD", ">secret").split()
    with lease_online_store(Settings(home=home)) as online, connect(online.url) as client:
        client.execute_command("ACL", "SETUSER", name, *rules)
        path = urlsplit(online.url).path
        yield home, secrets, f"unix://{name}:secret@{quote(path)}"


def test_the_service_serves_under_the_pages_user(store):
    home, secrets, url = store
    app = {"Authorization": f"Bearer {secrets['app']}", "Content-Type": "application/json"}
    bought = f'{{"event_type": "purchase", "occurred_at": "{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}", '
    bought += '"user_id": "zoe", "product_id": "tea"}'

    async def walk(front):
        first = await call(front, "POST", "/v1/recommendations", app.items(), b'{"user_id": "ann", "dry_run": true}')
        taken = await call(front, "POST", "/v1/events", app.items(), f'{{"events": [{bought}]}}'.encode())
        after = await call(front, "POST", "/v1/recommendations", app.items(), b'{"user_id": "zoe", "dry_run": true}')
        return first, taken, after

    with open_parts(Settings(home=home, redis_url=url)) as parts:
        warm_up(parts)
        front = Front(CALLS, "1")
        front.parts = parts
        first, taken, after = asyncio.run(walk(front))
        assert parts.gate.is_down is False
    assert [answer.status for answer in (first, taken, after)] == [200, 202, 200]
    assert first.json()["meta"]["degraded"] is False
    assert after.json()["meta"]["fallback"] is None
    with connect(url) as client:
        # The limit was counted in the store.
        assert client.hget(PREFIX + key_id_of(secrets["app"]), "tokens") is not None


@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",), ("KEYS", "*"), ("SCAN", "0"), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("SHUTDOWN",),
        ("CLIENT", "LIST"), ("MONITOR",), ("SCRIPT", "FLUSH"), ("SET", "daypart:rate:x", "1"), ("HGETALL", "another"),
        ("HSET", "another", "a", "b"), ("EVAL", "return redis.call('HGETALL', 'another')", "0"), ("SAVE",), ("FUNCTION", "LIST"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_it_may_do_little_else(store, command):
    with connect(store[2]) as client, pytest.raises(redis.ResponseError, match=r"(?i)permission|no permissions|ACL"):
        client.execute_command(*command)


def test_who_fills_the_store_needs_no_other_rights(store):
    with connect(store[2]) as client:
        whole = Filling(client, "daypart")
        assert whole.stands() == Filled(True, True, world.END, world.END)
        whole.begin()
        assert whole.end(world.END)
