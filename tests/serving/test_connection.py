"""A running server over sockets: what is no HTTP is a problem that is counted, who says that they have sent all is answered."""

import json
import re
import socket
import threading
import time

import pytest
import uvicorn

from serving.connection import connections_of
from serving.straight import stand_before

GET = b"GET /v1/users/u00/offers HTTP/1.1\r\nHost: cafe\r\nAuthorization: Bearer %s\r\n\r\n"
POST = (
    b"POST /v1/recommendations HTTP/1.1\r\nHost: cafe\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\n"
)
BODY = b'{"user_id": "u00", "limit": 1}'
TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)


@pytest.fixture
def served(world):
    """(world, its port, its key)."""
    config = uvicorn.Config(world.front, port=0, log_config=None, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    stand_before(server, world.front)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield world, server, world.secrets["app"].encode()
    finally:
        server.should_exit = True
        thread.join()


def told(server, sent, more=(), half_closed=False):
    """All that comes back until the server closes the connection. more: sent after what came before was seen."""
    with socket.create_connection(server.servers[0].sockets[0].getsockname()[:2], timeout=10) as client:
        client.sendall(sent)
        for piece in more:
            time.sleep(0.05)
            client.sendall(piece)
        if half_closed:
            client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def heads(answers):
    """Status of each answer."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answers)]


def counted(world):
    page = world.ask("GET", "/metrics").text.splitlines()
    names = ('daypart_requests_total{call="none",status="400"} ', 'daypart_problems_total{code="not_http"} ')
    return [sum(float(line.split()[-1]) for line in page if line.startswith(name)) for name in names]


@pytest.mark.parametrize(
    "sent",
    [
        TLS_HELLO,
        b"nonsense\r\n\r\n",
        b"GET /v1/users/u00/offers HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: cafe\r\n\r\n",
        POST % b"x" + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_that_is_counted(served, sent):
    world, server, _ = served
    head, _, body = told(server, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"content-length"]) == len(body)
    assert headers[b"connection"] == b"close"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (400, "not_http")
    assert problem["request_id"] == headers[b"x-request-id"].decode()
    assert "mend the client" in problem["detail"]
    assert counted(world) == [1.0, 1.0]


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"deflate,chunked"])
def test_a_body_in_a_coding_that_nobody_undoes_is_not_read(served, coding):
    """Plain within its chunks, as a proxy that knows the coding would not have it; nothing behind it is answered."""
    _, server, key = served
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    whole = told(server, POST % key + b"Transfer-Encoding: %s\r\n\r\n" % coding + chunks + GET % key)
    assert heads(whole) == [501]
    assert b"connection: close" in whole
    assert b'"unsupported_transfer_coding"' in whole
    plain = told(server, POST % key + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, half_closed=True)
    assert heads(plain) == [200]


def test_while_the_service_starts_it_is_told_and_not_counted(served):
    world, server, _ = served
    world.front.parts = None
    assert heads(told(server, TLS_HELLO)) == [400]


def test_what_was_asked_before_is_answered_and_nothing_behind_it(served):
    world, server, key = served
    world.desk.slow_s = 0.2
    answer = told(server, GET % key, more=(TLS_HELLO, TLS_HELLO))
    assert heads(answer) == [200]
    assert b"connection: close" in answer
    assert counted(world) == [0.0, 0.0]


@pytest.mark.parametrize("slow_s", [0.0, 0.2])
def test_who_has_sent_all_is_answered_and_the_connection_ends(served, slow_s):
    world, server, key = served
    world.desk.slow_s = slow_s
    post = POST % key + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    for sent, statuses in ((GET % key, [200]), (post, [200]), (GET % b"none", [401]), (GET % key + post, [200, 200])):
        began = time.monotonic()
        answer = told(server, sent, half_closed=True)
        assert heads(answer) == statuses
        assert time.monotonic() - began < 3, "not when an idle connection would"
    assert not server.server_state.connections


def test_who_leaves_with_half_a_request_is_let_go(served):
    world, server, key = served
    half = POST % key + b"Content-Length: 99\r\n\r\n" + BODY
    for sent in (b"", (GET % key)[:-2], half):
        began = time.monotonic()
        assert told(server, sent, half_closed=True) == b""
        assert time.monotonic() - began < 2
    # Between two requests of a connection that is kept.
    assert heads(told(server, GET % key, more=(b"",), half_closed=True)) == [200]
    assert counted(world) == [0.0, 0.0]


def test_drain_waits_for_those_who_have_sent_all(served):
    world, server, key = served
    world.desk.slow_s = 0.5
    threading.Timer(0.2, setattr, (server, "should_exit", True)).start()
    assert heads(told(server, GET % key, half_closed=True)) == [200]


def test_each_front_has_its_own(world):
    assert connections_of(world.front) is not connections_of(world.front)
