import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from serving.auth import authorise, bearer, bound_store
from serving.keys import ApiKey, create
from serving.problems import Problem
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


def test_scope_and_life_decide(world):
    def ask(secret, scopes=("app",), now=NOW):
        with ThreadPoolExecutor(1) as pool:
            headers = {"authorization": f"Bearer {secret}"}
            return asyncio.run(authorise(world.parts.keys, pool, headers, scopes, now))

    assert ask(world.secrets["app"]).scope == "app"
    assert ask(world.secrets["pos"], ("app", "pos")).scope == "pos"
    assert problem_of(lambda: ask(world.secrets["admin"])).status == 403
    assert problem_of(lambda: ask("dp_app_" + "x" * 43)).code == "key_unknown"
    short = create(world.parts.engine, "app", NOW, expires=NOW + timedelta(seconds=1))
    assert problem_of(lambda: ask(short, now=NOW + timedelta(seconds=1))).code == "key_unknown"


def test_a_tills_key_speaks_for_its_store_only():
    free, bound = ApiKey("pos-1", "pos", None, None), ApiKey("pos-2", "pos", "soho", None)
    assert bound_store(free, "bund") == "bund"
    assert bound_store(free, None) is None
    assert bound_store(bound, None) == bound_store(bound, "soho") == "soho"
    assert problem_of(lambda: bound_store(bound, "bund")).status == 403
