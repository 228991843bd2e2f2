"""Connections that came at once are taken at once, in one turn of the loop, and served by the same server."""

import asyncio
import signal
import socket
from itertools import pairwise
from types import SimpleNamespace

import pytest
import uvicorn
import uvloop

from serving.accept import MOST_A_TURN, Accept, Door, running_server, waiting

N = 40


class Kept(asyncio.Protocol):
    made = 0

    def connection_made(self, transport):
        type(self).made += 1
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data.upper())


@pytest.fixture
def listening():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen(1024)
        made.setblocking(False)
        yield made


@pytest.fixture(autouse=True)
def unpaused(monkeypatch):
    monkeypatch.setattr("serving.accept.PAUSE_S", 0.0)


def waiting_at(listening, n):
    return [socket.create_connection(listening.getsockname(), timeout=5) for _ in range(n)]


async def turns(n):
    for _ in range(n):
        await asyncio.sleep(0)


@pytest.mark.parametrize("helped", [False, True])
def test_those_who_wait_are_taken_in_a_turn(listening, helped):
    async def count():
        Kept.made = 0
        server = await asyncio.get_running_loop().create_server(Kept, sock=listening)
        clients = waiting_at(listening, N)
        accept = Accept(listening.fileno(), Kept, lambda: False) if helped else None
        await turns(24)
        made = Kept.made
        if accept is not None:
            accept.close()
            accept.close()
        server.close()
        for client in clients:
            client.close()
        return made

    # Alone the loop would take one a turn; when it takes more, this module has done its work.
    assert (uvloop.run(count()) == N) is helped


def test_no_more_than_most_a_turn_and_nobody_when_it_is_over(listening, monkeypatch):
    monkeypatch.setattr("serving.accept.MOST_A_TURN", 3)
    assert MOST_A_TURN > 3

    async def count():
        Kept.made, over = 0, []
        clients = waiting_at(listening, N)
        accept = Accept(listening.fileno(), Kept, lambda: bool(over))
        made = []
        for _ in range(N):
            await turns(1)
            made.append(Kept.made)
            if Kept.made > N // 2:
                over.append(True)
        assert accept._listening.fileno() < 0
        for client in clients:
            client.close()
        return made

    made = uvloop.run(count())
    assert max(after - before for before, after in pairwise(made)) <= 3
    assert N // 2 < made[-1] < N


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def test_they_are_connections_of_the_running_server_and_end_with_it(listening):
    async def serve():
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=5))
        running = asyncio.create_task(server.serve(sockets=[listening.dup()]))
        while running_server() is None:
            await asyncio.sleep(0)
        assert running_server() is server
        await Door(server).open()
        clients = waiting_at(listening, N)
        await turns(24)
        n_made = len(server.server_state.connections)
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        loop = asyncio.get_running_loop()
        answers = []
        for client in clients:
            client.setblocking(False)
            answers.append(await loop.sock_recv(client, 1000))
        server.should_exit = True
        await running
        gone = [await loop.sock_recv(client, 1000) for client in clients]
        return n_made, answers, gone

    n_made, answers, gone = uvloop.run(serve())
    assert n_made == N
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert set(gone) == {b""}


def test_another_worker_has_its_half(listening):
    async def count():
        Kept.made = 0
        clients = waiting_at(listening, N)
        accept = Accept(listening.fileno(), Kept, lambda: False)
        left = []
        for _ in range(8):
            await turns(1)
            left.append(waiting(listening))
        accept.close()
        for client in clients:
            client.close()
        return left

    assert set(uvloop.run(count())) & {N // 2, N // 4} != set()


def test_who_took_one_leaves_the_next_to_another(listening, monkeypatch):
    monkeypatch.setattr("serving.accept.PAUSE_S", 60.0)

    async def count():
        class Other(Kept):
            made = 0

        Kept.made = 0
        accepts = [Accept(listening.fileno(), kind, lambda: False) for kind in (Kept, Other)]
        clients = []
        for _ in range(3):
            clients += waiting_at(listening, 1)
            await turns(24)
        left = waiting(listening)
        for each in (*accepts, *clients):
            each.close()
        return Kept.made, Other.made, left

    assert uvloop.run(count()) == (1, 1, 1)


class Slow:
    """A server that listens once the loop has had a turn, or has been asked too often."""

    servers, config, lifespan = (), None, SimpleNamespace(state={})
    has_turned, n_asked = False, 0

    @property
    def started(self):
        self.n_asked += 1
        return self.has_turned or self.n_asked > 1000


def test_a_server_is_waited_for_without_holding_up_the_loop():
    async def wait(server):
        asyncio.get_running_loop().call_soon(setattr, server, "has_turned", True)
        await Door(server).open()
        return server.n_asked

    assert uvloop.run(wait(Slow())) == 2


def test_without_uvicorn_there_is_no_server():
    assert signal.getsignal(signal.SIGTERM) is not None
    assert running_server() is None


@pytest.mark.parametrize("others_serve", [False, True])
def test_the_last_one_takes_who_waits_and_shuts_the_door_and_others_find_it_open(listening, others_serve):
    async def leave():
        Kept.made = 0
        server = SimpleNamespace(
            started=True,
            should_exit=False,
            server_state=None,
            lifespan=SimpleNamespace(state={}),
            config=SimpleNamespace(http_protocol_class=lambda **_: Kept()),
            servers=[await asyncio.get_running_loop().create_server(Kept, sock=listening.dup())],
        )
        door = Door(server)
        await door.open()
        assert not server.servers[0].is_serving()
        other = Accept(listening.fileno(), Kept, lambda: False)
        other.close() if others_serve else None
        clients = waiting_at(listening, N)
        door.close(others_serve)
        door.close(others_serve)
        late = waiting_at(listening, 1) if others_serve else None
        if late is None:
            with pytest.raises(ConnectionRefusedError):
                waiting_at(listening, 1)
        await turns(24)
        made = Kept.made
        assert others_serve or other._listening.fileno() < 0
        # Whoever listens anew, as a worker that begins does, opens it again.
        again = await asyncio.get_running_loop().create_server(Kept, sock=listening.dup())
        clients += waiting_at(listening, 1)
        await asyncio.sleep(0.1)
        n_late = Kept.made - made
        again.close()
        for client in (*clients, *(late or ())):
            client.close()
        return made, n_late

    assert uvloop.run(leave()) == ((0, N + 2) if others_serve else (N, 1))
