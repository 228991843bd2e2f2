"""What is asked goes past the framework, the probes and what isn't HTTP don't, in a running server too."""

import asyncio
import threading

import httpx
import pytest
import uvicorn

from serving.straight import PROBES, Straight, stand_before


def saying(word):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(word))]})
        await send({"type": "http.response.body", "body": word})

    return app


@pytest.mark.parametrize(
    ("kind", "path", "whose"),
    [
        ("http", "/v1/recommendations", "front"),
        ("http", "/", "front"),
        ("http", "/schema.json", "front"),
        ("http", "/livez\n", "front"),
        *(("http", path, "app") for path in sorted(PROBES)),
        ("websocket", "/v1/recommendations", "app"),
        ("lifespan", None, "app"),
    ],
)
def test_who_answers(kind, path, whose):
    asked = []

    def kept(name):
        async def app(scope, receive, send):
            asked.append((name, scope, receive, send))

        return app

    scope = {"type": kind} if path is None else {"type": kind, "path": path}
    asyncio.run(Straight(kept("app"), kept("front"))(scope, 1, 2))
    assert asked == [(whose, scope, 1, 2)]


def test_it_stands_before_all_that_a_running_server_has():
    config = uvicorn.Config(saying(b"app"), port=0, log_config=None, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    stand_before(server, saying(b"front"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        port = server.servers[0].sockets[0].getsockname()[1]
        told = {path: httpx.get(f"http://127.0.0.1:{port}{path}").text for path in ("/livez", "/v1/stores", "/")}
    finally:
        server.should_exit = True
        thread.join()
    assert told == {"/livez": "app", "/v1/stores": "front", "/": "front"}


def test_without_a_server_nothing_stands_before_anything():
    stand_before(None, saying(b"front"))
