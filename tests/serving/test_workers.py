"""Which workers are left, by the files in which they count."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from serving.workers import FOLDER, is_dead, others_serve

READY = """
import os, sys, time
from serving.metrics import Metrics
metrics = Metrics()
metrics.workers.set(1)
child = os.fork()
if child == 0:
    other = Metrics()
    other.workers.set(1)
    print("ready", flush=True)
    time.sleep(60)
print(os.getpid(), child, flush=True)
time.sleep(60)
"""


@pytest.fixture
def two(tmp_path):
    """(the environment of two workers that are ready, the process of the first, the second's number, of whom nobody asks)."""
    env = {**os.environ, FOLDER: str(tmp_path / "counts")}
    (tmp_path / "counts").mkdir()
    first = subprocess.Popen([sys.executable, "-c", READY], env=env, stdout=subprocess.PIPE, text=True)
    told = [first.stdout.readline().split() for _ in range(2)]
    (numbers,) = (each for each in told if len(each) == 2)
    yield env, first, int(numbers[1])
    with suppress(ProcessLookupError):
        os.kill(int(numbers[1]), 9)
    first.kill()
    first.wait()
    first.stdout.close()


def dies(pid):
    os.kill(pid, 9)
    for _ in range(500):
        if is_dead(str(pid)):
            return
        time.sleep(0.01)
    raise AssertionError("lives on")


def test_one_is_left_until_the_last_has_died_also_unasked_after(two):
    env, first, second = two
    assert others_serve(env)
    dies(second)
    assert os.path.exists(f"/proc/{second}")
    assert others_serve(env)
    dies(first.pid)
    assert not others_serve(env)


def test_alone_there_is_nobody_and_where_nobody_can_know_there_may_be(two):
    env, _, _ = two
    assert not others_serve({})
    shutil.rmtree(env[FOLDER])
    assert others_serve(env)


def test_this_one_lives():
    assert not is_dead(str(os.getpid()))
    assert is_dead("none")
