"""The open-loop load: latency counts from the appointed time, and nothing that fails is left out."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import pytest

from bench import ledger_http
from bench.ledger_http import _request, _rows
from bench.ledger_load import Shot, shoot
from settings import Settings

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ASK = b"GET / HTTP/1.1\r\n\r\n"


@contextmanager
def answering(answer, stall_s=0.0, closes=False, cuts=False):
    """A server that stalls at the first request and gives `answer` to every one, or to one a connection: it then closes, or cuts
    when it is asked again; its port."""
    stalls = [stall_s]
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), []

    async def serve(reader, writer):
        while (await reader.read(len(ASK))) and answer:
            # The first holds up all: nobody is served meanwhile, as under a long collection or a lock.
            time.sleep(stalls.pop() if stalls else 0)
            writer.write(answer)
            if closes or (cuts and await reader.read(len(ASK))):
                break
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port.append(server.sockets[0].getsockname()[1])
        ready.set()
        async with server:
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    ready.wait()
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_a_stall_is_paid_by_all_whom_it_keeps_waiting():
    with answering(OK, stall_s=0.6) as port:
        shots = shoot("127.0.0.1", port, [ASK] * 40, 100.0)
    assert [shot.status for shot in shots] == [200] * 40
    # Due a hundredth apart, and none answered before the stall was over.
    assert all(shot.took_s >= 0.6 - place / 100 for place, shot in enumerate(shots))


def test_a_connection_that_was_closed_while_it_waited_is_replaced():
    with answering(OK, closes=True) as port:
        shots = shoot("127.0.0.1", port, [ASK] * 10, 50.0)
    assert [shot.status for shot in shots] == [200] * 10
    assert not any(shot.cut for shot in shots)


def test_a_connection_that_is_cut_when_asked_again_is_told():
    with answering(OK, cuts=True) as port:
        shots = shoot("127.0.0.1", port, [ASK] * 4, 20.0)
    assert [(shot.status, shot.cut) for shot in shots] == [(200, False), (200, True), (200, True), (200, True)]


def test_an_answer_that_lacks_something_is_told():
    lacking, whole = (b'{"meta":{"degraded":%s}}' % word for word in (b"true", b"false"))
    for body, told in ((lacking, True), (whole, False)):
        with answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as port:
            assert [shot.degraded for shot in shoot("127.0.0.1", port, [ASK] * 3, 100.0)] == [told] * 3


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_broken_answer_has_no_status(answer):
    with answering(answer) as port:
        (shot,) = shoot("127.0.0.1", port, [ASK], 100.0)
    assert shot.status == 0
    assert shot.took_s > 0


def test_a_port_that_nobody_listens_on_is_an_error_of_every_request():
    shots = shoot("127.0.0.1", 1, [ASK] * 3, 1000.0)
    assert [shot.status for shot in shots] == [0, 0, 0]


def test_a_late_answer_and_one_that_is_not_paid_miss_the_reach(monkeypatch):
    fine = [Shot(0.01, 200)] * 200
    p50, p99, slowest, unpaid = _rows("SQLite", fine, fine)
    assert (p50["value"], p99["met"], unpaid["value"], unpaid["met"]) == (10, True, 0, True)
    assert not _rows("SQLite", [*fine, *[Shot(0.06, 200)] * 10], fine)[1]["met"]
    unpaid = _rows("SQLite", fine, [Shot(0.01, 503), Shot(0.01, 0)])[3]
    assert (unpaid["value"], unpaid["met"]) == (2, False)
    assert "1 times 503" in unpaid["figure"]
    assert slowest["value"] == 10


def test_a_request_is_a_whole_tills():
    head, body = _request(Settings(port=3210), "dp_pos_x", "7ZK3").split(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/coupons/7ZK3/redeem HTTP/1.1\r\nHost: 127.0.0.1:3210")
    assert b"Idempotency-Key: key-7ZK3" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert json.loads(body)["lines"][0]["unit_price_cents"] == ledger_http.PRICE_CENTS
