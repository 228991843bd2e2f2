import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from serving import auth
from serving.auth import bearer, bound_store, known_key, require_scope
from serving.keyring import ALONE_FOR_S, KNOWN_FOR_S
from serving.keys import ApiKey, create
from serving.problems import Problem
from serving.rate import Bucket, Rate
from tests.serving.fakes import NOW


def problem_of(work):
    with pytest.raises(Problem) as caught:
        work()
    return caught.value


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer   ", "Basic abc", "dp_app_x"])
def test_without_a_bearer_key_the_answer_is_401(value):
    problem = problem_of(lambda: bearer({} if value is None else {"authorization": value}))
    assert (problem.status, problem.code) == (401, "key_missing")
    assert problem.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_scheme_is_read_in_any_case():
    assert bearer({"authorization": "bearer  k"}) == "k"


def ask(world, secret, now=NOW):
    with ThreadPoolExecutor(1) as pool:
        headers = {"authorization": f"Bearer {secret}"}
        return asyncio.run(known_key(world.parts.keys, pool, headers, now))


def test_only_a_key_that_lives_is_known(world):
    assert ask(world, world.secrets["app"]).scope == "app"
    assert problem_of(lambda: ask(world, "dp_app_" + "x" * 43)).code == "key_unknown"
    short = create(world.parts.engine, "app", NOW, expires=NOW + timedelta(seconds=1))
    assert ask(world, short, NOW + timedelta(milliseconds=999)).scope == "app"
    assert problem_of(lambda: ask(world, short, NOW + timedelta(seconds=1))).code == "key_unknown"


def test_a_silent_database_is_not_waited_for_when_the_key_is_known(world, monkeypatch):
    secret = create(world.parts.engine, "app", NOW)
    pool, ring, asked = ThreadPoolExecutor(4), world.parts.keys, threading.Event()

    def find():
        return asyncio.run(known_key(ring, pool, {"authorization": f"Bearer {secret}"}, NOW))

    known = find()
    monkeypatch.setattr(auth, "PATIENCE_S", 0.05)
    monkeypatch.setattr(ring, "_clock_s", lambda: time.monotonic() + 2 * KNOWN_FOR_S)
    monkeypatch.setattr(ring, "fetch", lambda secret: asked.wait(10) and None)
    assert find() == known
    asked.set()
    monkeypatch.setattr(ring, "_clock_s", lambda: time.monotonic() + ALONE_FOR_S + 1)
    assert problem_of(find).code == "key_unknown", "nobody vouched for it for too long: the database is waited for"
    pool.shutdown()


def test_the_scope_decides():
    key = ApiKey("pos-1", "pos", None, None)
    require_scope(key, ("app", "pos"))
    problem = problem_of(lambda: require_scope(key, ("app", "admin")))
    assert (problem.status, problem.code) == (403, "scope_missing")
    assert "app or admin, not pos" in problem.detail


def test_a_flood_of_made_up_keys_is_not_looked_up(world, monkeypatch):
    monkeypatch.setattr(world.parts.keys, "_strangers", Bucket(Rate(1, 2), world.parts.keys._clock_s()))
    looked_up = []
    monkeypatch.setattr(world.parts.keys, "fetch", looked_up.append)
    for n in range(2):
        assert problem_of(lambda n=n: ask(world, f"dp_app_{n:043d}")).status == 401
    problem = problem_of(lambda: ask(world, f"dp_app_{3:043d}"))
    assert (problem.status, problem.code, problem.headers) == (429, "too_many_keys", {"Retry-After": "1"})
    assert len(looked_up) == 2


def test_a_known_key_is_not_held_up_by_a_flood(world, monkeypatch):
    ask(world, world.secrets["app"])
    monkeypatch.setattr(world.parts.keys, "_strangers", Bucket(Rate(1, 0), world.parts.keys._clock_s()))
    monkeypatch.setattr(world.parts.keys, "recall", lambda secret: (False, None))
    assert ask(world, world.secrets["app"]).scope == "app"


def test_a_tills_key_speaks_for_its_store_only():
    free, bound = ApiKey("pos-1", "pos", None, None), ApiKey("pos-2", "pos", "soho", None)
    assert bound_store(free, "bund") == "bund"
    assert bound_store(free, None) is None
    assert bound_store(bound, None) == bound_store(bound, "soho") == "soho"
    assert problem_of(lambda: bound_store(bound, "bund")).status == 403
