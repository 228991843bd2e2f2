"""Who asks for another protocol beside a request is answered in HTTP/1.1, with the body that was sent, however it comes."""

import json

import pytest

from serving.connection import connections_of
from serving.upgrade import NoUpgrade
from tests.serving import test_connection
from tests.serving.test_connection import BODY, GET, POST, heads, told

served = test_connection.served

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
SIZED = H2C + b"Content-Length: %d\r\n\r\n" % len(BODY)
LAST = b"Connection: close\r\n\r\n"


def asked(key, more):
    return POST % key + more


@pytest.mark.parametrize("cut", [None, 10, -len(BODY) - 40, -len(BODY), -3])
def test_the_body_is_served_wherever_the_packets_end(served, cut):
    _, server, key = served
    whole = asked(key, SIZED) + BODY
    answers = told(server, whole[:cut], more=() if cut is None else (whole[cut:],), half_closed=True)
    assert heads(answers) == [200]
    assert len(json.loads(answers.partition(b"\r\n\r\n")[2])["items"]) == 1


def test_in_chunks_too(served):
    _, server, key = served
    chunks = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    assert heads(told(server, asked(key, H2C + chunks), half_closed=True)) == [200]


def test_many_on_one_connection_each_with_its_own(served):
    _, server, key = served
    get = (GET % key)[:-2]
    one = asked(key, SIZED) + BODY + get + H2C + b"\r\n"
    n = 50
    answers = told(server, one * n + get + LAST)
    assert heads(answers) == [200] * (2 * n + 1)


@pytest.mark.parametrize("kind", [b"websocket", b"WebSocket"])
def test_no_socket_is_opened(served, kind):
    _, server, key = served
    more = b"Connection: Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Version: 13\r\n" % kind
    more += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    assert heads(told(server, (GET % key)[:-2] + more)) == [403]


def test_a_tunnel_is_not_taken_for_a_request(served):
    _, server, _ = served
    assert heads(told(server, b"CONNECT cafe:443 HTTP/1.1\r\nHost: cafe\r\n\r\n" + b"x" * 10, half_closed=True)) == [
        400
    ]


def test_each_connection_is_such_a_one(world):
    assert issubclass(connections_of(world.front), NoUpgrade)


def test_what_follows_is_read_as_it_is(served):
    _, server, key = served
    answers = told(server, asked(key, H2C + b"Content-Length: 0\r\n\r\n") + b"\x16\x03\x01", half_closed=True)
    assert heads(answers) == [400]
