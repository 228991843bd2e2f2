"""The disk is full to the last block while people ask and tills sell: no worker ends, one that is killed comes back, people get
their lists, tills hear a no that says to ask again, and once there is room all is well without a restart.
"""

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from serving.calls import CALLS
from tests.flow.faulted import lost, ready, served, until, workers

SIZE = "160m"
EXPECTED = {200, 202, 400, 401, 403, 404, 409, 422, 429, 503}


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(
            "only root may mount a small file system; tests/serving/test_mapped.py holds the same in one process"
        )
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(path):
    """No block is left while this is entered."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    try:
        yield
    finally:
        path.unlink()


def every_call(place):
    """Each call with each key and with such as open nothing, so that counts appear that nobody foresaw; the calls that came to
    a status which is neither an answer nor a no."""
    url, odd = f"http://127.0.0.1:{place.port}", set()
    for call in CALLS:
        for secret in (*place.keys.values(), "dp_bad_bad", "-"):
            told = {"Authorization": f"Bearer {secret}", "Connection": "close", "Idempotency-Key": "k"}
            path = call.path.replace("{", "").replace("}", "")
            body = {} if call.body is not None else None
            with httpx.Client(base_url=url, headers=told, timeout=10) as client:
                status = client.request(call.method, path, json=body).status_code
            if status not in EXPECTED:
                odd.add((call.name, status))
    return odd


def comes_back_after_a_kill(place):
    before = workers(place.process)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(set(workers(place.process)) - set(before)) == 1, place.log)
    until(lambda: ready(place.port), place.log)


@pytest.mark.timeout(240)
def test_a_disk_that_is_full_takes_no_worker_and_no_list(small_disk):
    with served(small_disk / "home") as place:
        files = list(Path(place.home).glob("bentoml/prometheus_multiproc_dir/*.db"))
        assert files
        assert [file.name for file in files if file.stat().st_blocks * 512 < file.stat().st_size] == []
        load = place.load()
        until(lambda: len(load.tally.accepted) > 5)
        before = workers(place.process)
        began = time.monotonic()
        with full(small_disk / "filler"):
            assert every_call(place) == set(), place.lines()
            assert workers(place.process) == before, place.lines()
            comes_back_after_a_kill(place)
            until(lambda: len(load.tally.between(time.monotonic() - 1)) > 8)
        held = load.tally.between(began)
        comes_back_after_a_kill(place)
        tally = load.finish()
        assert {one.status for one in held} == {200}
        assert set(tally.events) <= {202, 503}
        assert lost(place, tally) == []
        lines = place.lines()
        assert not [line for line in lines if "Traceback" in line], "\n".join(lines)[-3000:]
