"""The service as BentoML assembles it, over memory: start, health, stop, and its own paths beside ours."""

import asyncio
import gc
import os
from contextlib import contextmanager

import bentoml
import httpx
import pytest
from asgi_lifespan import LifespanManager

from models.artifact import ArtifactError
from serving import service
from serving.front import DEADLINE_S
from serving.handed import CHECKED
from serving.opening import WARM_UP_ROUNDS


@pytest.fixture
def served(world, monkeypatch):
    """Run `work(client)` against the service between start-up and shut-down; the fault of a start comes out as it is."""
    state = {"open": 0}

    @contextmanager
    def opened(settings):
        state["open"] += 1
        yield world.parts
        state["open"] -= 1

    monkeypatch.setattr(service, "open_parts", opened)
    thresholds = gc.get_threshold()

    def run(work):
        async def inner():
            app = service.DaypartService.to_asgi()
            async with LifespanManager(app):
                transport = httpx.ASGITransport(app=app)
                async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
                    return await work(client)

        return asyncio.run(inner())

    run.state = state
    yield run
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_it_answers_through_bentoml(world, served):
    async def work(client):
        headers = {"Authorization": f"Bearer {world.secrets['app']}"}
        return await client.post("/v1/recommendations", json={"user_id": "u00", "limit": 3}, headers=headers)

    answer = served(work)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == 3


def test_health_metrics_and_unknown_paths_stand_beside(served):
    async def work(client):
        paths = ("/livez", "/readyz", "/metrics", "/v1/openapi.json", "/nothing")
        return [(await client.get(path)).status_code for path in paths]

    assert served(work) == [200, 200, 200, 200, 404]


@pytest.mark.parametrize("path", ["/%0A", "/v1/campaigns/a%0Ab", "/v1/users/%0A/offers", "/livez%0A", "//", "/%2e%2e/"])
def test_no_path_is_too_odd_for_a_problem(world, served, path):
    async def work(client):
        return await client.get(path, headers={"Authorization": f"Bearer {world.secrets['analyst']}"})

    answer = served(work)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.status_code in (400, 403, 404)


@pytest.mark.parametrize("part", ["online", "desk"])
def test_it_is_ready_once_all_parts_were_there_and_stays_so_without_them(world, served, part, monkeypatch):
    monkeypatch.setattr("serving.health.REMEMBER_S", 0.0)

    async def work(client):
        seen = [(await client.get("/readyz")).status_code]
        if part == "online":
            world.online.down = True
        else:
            monkeypatch.setattr(service.front.parts.engine, "connect", refuse)
        seen += [(await client.get(path)).status_code for path in ("/readyz", "/livez")]
        return seen

    assert served(work) == [200, 200, 200]


@pytest.mark.parametrize("part", ["online", "desk"])
def test_it_is_not_ready_before_every_part_answered(world, served, part, monkeypatch):
    monkeypatch.setattr("serving.health.REMEMBER_S", 0.0)

    async def work(client):
        with monkeypatch.context() as patch:
            if part == "online":
                world.online.down = True
            else:
                patch.setattr(service.front.parts.engine, "connect", refuse)
            seen = [(await client.get(path)).status_code for path in ("/readyz", "/livez")]
        world.online.down = False
        return [*seen, (await client.get("/readyz")).status_code]

    assert served(work) == [503, 200, 200]


def refuse(*args, **kwargs):
    raise OSError("no such database")


def test_start_freezes_what_stays_and_stop_lets_the_parts_go(served):
    async def work(client):
        return served.state["open"], gc.get_freeze_count(), gc.get_threshold()

    n_open, n_frozen, thresholds = served(work)
    assert (n_open, served.state["open"]) == (1, 0)
    assert n_frozen > 10_000
    assert thresholds == service.GC_THRESHOLD
    assert service.front.parts is None


def test_each_errand_has_a_thread_of_its_own_until_the_end(served, monkeypatch):
    """What a worker does beside its requests; without one of them nothing shows until the day it is needed."""
    begun, ended = [], []

    class Recorded:
        def __init__(self, errands):
            begun.append([getattr(errand, "func", errand).__qualname__ for errand in errands])

        def close(self):
            ended.append(self)

    monkeypatch.setattr(service, "Watcher", Recorded)

    async def work(client):
        return list(ended)

    assert served(work) == []
    looks = ["Elsewhere.look", "LastKnown.sweep", "Missed.look", "OnlineGate.look", "Reload.look", "Revived.look"]
    assert sorted(begun) == [[look] for look in looks]
    assert len(ended) == len(looks)


def test_the_running_server_is_stood_before_and_takes_all_who_wait(world, served, monkeypatch):
    server, did = object(), []

    class Taking:
        def __init__(self, which):
            self.which = which

        async def open(self):
            did.append(("door", self.which))

        def close(self, others_serve):
            did.append(("shut", not others_serve))

    async def beating(parts, current):
        did.append(("beat", parts))

    monkeypatch.setattr(service, "running_server", lambda: server)
    monkeypatch.setattr(service, "stand_before", lambda which, front: did.append(("stand_before", which)))
    monkeypatch.setattr(service, "Door", Taking)
    monkeypatch.setattr(service, "others_serve", lambda: False)
    monkeypatch.setattr(service, "leave_by_turns", lambda leaving, close: did.append(("leave", leaving)) or close())
    monkeypatch.setattr(service, "beat", beating)
    monkeypatch.setattr(service, "write_beside", lambda handler: did.append(("write_beside", handler)))
    monkeypatch.setattr(service, "end_with_parent", lambda pid: did.append(("end_with_parent", pid)))
    monkeypatch.setenv(CHECKED, "4711")
    monkeypatch.setattr(service.front.load, "start", lambda: did.append(("load", None)))

    async def work(client):
        return (await client.get("/livez")).status_code

    assert served(work) == 200
    wanted = [("beat", world.parts), ("door", server), ("end_with_parent", 4711), ("leave", service.front.leave)]
    wanted += [("load", None), ("shut", True), ("stand_before", server), ("write_beside", service.HANDLER)]
    assert sorted(did, key=lambda each: each[0]) == wanted


def test_it_is_warm_before_it_says_so(world, served, monkeypatch):
    """The first person must not pay for lazy imports, cold caches and maps; what warms it leaves nothing behind."""
    asked = []
    pasts = world.online.pasts
    monkeypatch.setattr(world.online, "pasts", lambda user_ids: asked.append(list(user_ids)) or pasts(user_ids))

    async def work(client):
        return len(asked), (await client.get("/readyz")).status_code

    n_asked, status = served(work)
    assert (n_asked, status) == (WARM_UP_ROUNDS, 200)
    assert {user_id for user_ids in asked for user_id in user_ids} == {"warm-up"}
    metrics = world.parts.metrics
    metrics.flush()
    assert metrics.registry.get_sample_value("daypart_stage_seconds_count", {"stage": "score"}) in (None, 0)


def test_it_is_tuned_as_measured():
    config = service.DaypartService.config
    assert config["tracing"]["excluded_urls"] == ".*"
    assert config["logging"]["access"]["enabled"] is False
    envs = {env.name: env.value for env in service.DaypartService.envs}
    assert (envs["OPENBLAS_NUM_THREADS"], envs["TZ"], envs["BENTOML_DO_NOT_TRACK"]) == ("1", "UTC", "True")
    assert 2 <= config["traffic"]["timeout"] <= 5
    # Ours answers first: BentoML's limit would answer in another shape.
    assert config["traffic"]["timeout"] > DEADLINE_S == 3.0, "as docs/security.md has it"


def test_a_fault_before_the_workers_is_one_line_and_exit_code_2(monkeypatch, capsys):
    def broken(settings):
        raise ArtifactError("shelf: nothing\npromoted: train first")

    monkeypatch.setattr(service, "preflight", broken)
    monkeypatch.delenv(CHECKED, raising=False)
    with pytest.raises(SystemExit) as caught:
        service.DaypartService.inner.check()
    assert caught.value.code == 2
    assert capsys.readouterr().err == "shelf: nothing promoted: train first\n"
    # What daypart serve has checked in this very process is not checked twice.
    monkeypatch.setenv(CHECKED, str(os.getpid()))
    service.DaypartService.inner.check()


def test_a_fault_in_a_worker_ends_that_worker_without_a_traceback(monkeypatch, capsys):
    ended = []
    monkeypatch.setattr(bentoml.server_context, "worker_index", 1)
    monkeypatch.setattr(service.os, "_exit", lambda code: ended.append(code))
    with pytest.raises(SystemExit), service._one_line():
        raise ArtifactError("shelf: gone")
    assert ended == [2]
    assert capsys.readouterr().err == "shelf: gone\n"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), service._one_line():
        raise ZeroDivisionError


def test_what_answers_without_a_key_tells_of_no_person_and_no_act(served):
    """BentoML has routes of its own; what is open beside ours is listed here, so that another one is noticed."""
    paths = ["/livez", "/healthz", "/readyz", "/metrics", "/v1/openapi.json"]
    beside = [
        "/",
        "/schema.json",
        "/docs.json",
        "/static_content/index.html",
        "/docs",
        "/openapi.json",
        "/v1/users/u00",
        "/debug",
    ]

    async def work(client):
        answers = {path: await client.get(path) for path in [*paths, *beside]}
        posted = {path: await client.post(path, json={}) for path in beside}
        return answers, posted

    answers, posted = served(work)
    assert [path for path, answer in answers.items() if answer.status_code == 200] == paths
    assert [path for path, answer in posted.items() if answer.status_code < 400] == []
    kinds = {answer.headers["content-type"] for path, answer in answers.items() if path in beside}
    assert kinds == {"application/problem+json"}
