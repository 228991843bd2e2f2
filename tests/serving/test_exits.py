"""What a worker died of is told once, by who started it, and left for others to ask after."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from serving.exits import WORKER, Exits, told


@pytest.fixture
def begun():
    """Begins a process that runs `code` under a worker's name."""
    every = []

    def begin(code, name=WORKER.decode()):
        every.append(subprocess.Popen([sys.executable, "-c", code, name]))
        return every[-1]

    yield begin
    for each in every:
        each.kill()
        each.wait()


def seen(exits, process):
    for _ in range(500):
        exits.look()
        if process.pid in exits._known:
            exits.look()
            return
        time.sleep(0.01)
    raise AssertionError("not seen")


def ended(process):
    """Its threads are done: whatever was to be told of it is told."""
    for thread in threading.enumerate():
        if thread.name == f"exit of {process.pid}":
            thread.join(30)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (signal.SIGKILL, "was killed by SIGKILL"),
        (signal.SIGBUS, "was killed by SIGBUS"),
        (signal.SIGTERM, None),
    ],
)
def test_a_signal(begun, number, says):
    lines = []
    exits, worker = Exits(lines.append), begun("import time; time.sleep(60)")
    seen(exits, worker)
    assert lines == []
    os.kill(worker.pid, number)
    ended(worker)
    exits.look()
    assert lines == ([] if says is None else [f"worker {worker.pid} {says}"])
    # Nobody took from its supervisor what it asks for.
    assert worker.wait() == -number
    exits.look()
    assert exits._known == set()


@pytest.mark.parametrize("code", [0, 2])
def test_an_exit(begun, code):
    lines = []
    exits, worker = Exits(lines.append), begun(f"import time; time.sleep(0.3); raise SystemExit({code})")
    seen(exits, worker)
    ended(worker)
    assert lines == ([f"worker {worker.pid} ended by itself, with exit code 2"] if code else [])


def test_one_that_is_no_worker(begun):
    lines = []
    exits, worker, other = Exits(lines.append), begun("import time; time.sleep(60)"), begun("input()", "another")
    seen(exits, worker)
    for each in (other, worker):
        each.kill()
        ended(each)
    assert lines == [f"worker {worker.pid} was killed by SIGKILL"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_in_the_form_that_is_set(begun, form, capsys):
    with told(form):
        worker = begun("import time; time.sleep(60)")
        time.sleep(1.0)
        worker.kill()
        ended(worker)
    (line,) = capsys.readouterr().out.splitlines()
    says = f"worker {worker.pid} was killed by SIGKILL"
    assert says in line
    if form == "json":
        found = json.loads(line)
        assert (found["level"], found["logger"], found["message"]) == ("error", "daypart.supervisor", says)
