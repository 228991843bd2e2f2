import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.drain import leave_by_turns
from serving.health import Health


@pytest.fixture
def told(monkeypatch):
    """What the server beneath would hear."""
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


def test_the_server_hears_of_it_a_moment_later_and_of_a_second_signal_at_once(told):
    async def leave(n, lame_s):
        left, began = [], time.monotonic()
        leave_by_turns(lambda: left.append(True), lambda: left.append(list(told)), lame_s, lame_s)
        for _ in range(n):
            os.kill(os.getpid(), signal.SIGTERM)
            await heard(left)
        await heard(told)
        return left, time.monotonic() - began

    async def heard(signals):
        async with asyncio.timeout(50):
            while not signals:
                await asyncio.sleep(0.001)

    left, waited_s = asyncio.run(leave(1, 0.05))
    # Between the two the door is closed.
    assert (left, told, waited_s >= 0.1) == ([True, []], [signal.SIGTERM], True)
    told.clear()
    # Far within the pause.
    left, waited_s = asyncio.run(leave(2, 100.0))
    assert (left, told, waited_s < 100) == ([True, []], [signal.SIGTERM], True)


async def put():
    leave_by_turns(lambda: None, lambda: None)


def test_outside_the_main_thread_nothing_is_changed(told):
    before = signal.getsignal(signal.SIGTERM)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, put()).result()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_without_a_server_nothing_is_changed(told, before):
    signal.signal(signal.SIGTERM, before)
    asyncio.run(put())
    assert signal.getsignal(signal.SIGTERM) is before


def test_who_leaves_says_so_on_every_answer_and_is_not_ready(world):
    health = Health(world.parts, leaving=lambda: world.front.is_leaving)
    assert asyncio.run(health.ready())
    assert "connection" not in world.ask("GET", "/v1/nowhere").headers
    world.front.parts.metrics.workers.set(1)
    world.front.leave()
    assert "daypart_workers 0.0" in world.ask("GET", "/metrics").text
    assert not asyncio.run(health.ready())
    for path in ("/v1/openapi.json", "/v1/nowhere"):
        assert world.ask("GET", path).headers["connection"] == "close"
