"""The yardsticks of serving, on a server that answers as it is told to."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from bench.ledger_load import Shot
from bench.serving import message, requests
from bench.serving_load import Load, press
from bench.serving_peers import memory_of
from bench.serving_plot import draw
from bench.serving_rows import half_rows, open_rows, start_rows, throughput_rows


class Server:
    """Answers every fifth request 503, and each one in two pieces."""

    def __init__(self):
        self.n, self.ports, self.bodies, self._loop = 0, [], [], asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.ports = [socket.getsockname()[1] for socket in server.sockets]
        self._up.set()
        self._loop.run_forever()

    async def _answer(self, reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            self.bodies.append(await reader.readexactly(length))
            self.n += 1
            status = b"503 Busy" if self.n % 5 == 0 else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-")
            await writer.drain()
            await asyncio.sleep(0.001)
            writer.write(b"Length: 2\r\n\r\n{}")


def test_every_connection_asks_again_when_it_is_answered():
    asked, _ = requests([f"u{n}" for n in range(50)], ["s0"], "key", 1)
    with Server() as server:
        load = press("127.0.0.1", server.ports[0], asked, 4, 1.0)
    assert load.n_ok + load.n_other == server.n == len(load.took_s) > 20
    assert load.n_other == server.n // 5
    assert load.per_s == pytest.approx(load.n_ok / load.seconds)
    assert load.quantile_ms(0.5) >= 1
    assert {json.loads(body)["limit"] for body in server.bodies} == {20}
    assert len(set(server.bodies)) > 5


def test_a_server_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="refused"):
        press("127.0.0.1", 1, [message("/", "{}", "k", 1)], 1, 0.1)


def load(n_ok, took_s=0.002, n_other=0):
    return Load(n_ok, n_other, 1.0, [took_s] * n_ok)


def test_ratios_are_held_against_what_was_asked():
    best = {"daypart": load(400), "mounted": load(1000), "default": load(300), "peer": load(100, 0.009)}
    none, empty, call, peer, p99 = throughput_rows(best)
    assert (none["value"], none["met"]) == (0, True)
    assert (empty["ratio"], empty["met"]) == (0.4, True)
    assert (call["met"], peer["met"], p99["met"]) == (False, True, True)
    worse = throughput_rows({**best, "daypart": load(399, 0.003, n_other=1), "peer": load(100, 0.009, n_other=2)})
    assert [one["met"] for one in worse] == [False, False, False, False, False]
    assert "2 peer" in worse[0]["against"]


def test_half_the_load_is_held_against_the_empty_route_and_the_peer():
    fast, slow, edge = Shot(0.001, 200), Shot(0.0031, 200), Shot(0.003, 200)
    shots = {"daypart": [slow] * 100, "mounted": [fast] * 100, "peer": [Shot(0.0124, 200)] * 100}
    assert [one["met"] for one in half_rows(shots, 10.0)] == [False, True]
    assert [one["met"] for one in half_rows({**shots, "daypart": [edge] * 100}, 10.0)] == [True, True]
    assert [one["met"] for one in half_rows({**shots, "daypart": [Shot(0.0032, 200)] * 100}, 10.0)] == [False] * 2


def test_the_open_loop_counts_the_slow_the_wrong_and_the_cut():
    fast = Shot(0.001, 200)
    wrong = [Shot(0.5, 503), Shot(0.5, 0, cut=True)]
    p99, p999, errors, lacking = open_rows(
        [*[fast] * 996, Shot(0.001, 200, cut=True), Shot(0.001, 200, degraded=True), *wrong], 1, 2
    )
    assert [p99["met"], p999["met"], errors["value"], errors["met"]] == [True, False, 2, False]
    assert "2 workers" in p99["figure"]
    assert errors["against"].endswith(": 2")
    assert (lacking["value"], lacking["met"]) == (1, False)
    assert [one["met"] for one in open_rows([Shot(0.011, 200)] * 1000, 1, 1)] == [False, True, True, True]


def test_memory_and_start():
    memory, start = start_rows(6.0, 350 * 2**20)
    assert memory["met"]
    assert start["met"]
    assert not any(one["met"] for one in start_rows(6.1, 351 * 2**20))


def test_the_memory_told_is_the_workers_and_not_their_keepers():
    big = "import time; held = bytearray(200 << 20); print(flush=True); time.sleep(60)"
    keeper = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {big!r}])"
    with subprocess.Popen([sys.executable, "-c", keeper], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout.readline()
        assert 200 << 20 < memory_of(process.pid) < 260 << 20
        os.killpg(process.pid, signal.SIGKILL)
    assert memory_of(os.getpid()) > 2**20


def test_the_plot_holds_every_load(tmp_path):
    shots = [Shot(n / 1e4, 200) for n in range(1, 200)]
    names = ["ours", "empty", "peer", "1000", "1000, two"]
    draw(dict.fromkeys(names, shots), tmp_path / "serving.svg")
    assert (tmp_path / "serving.svg").read_text().count("<path") > 5
