"""A SQLite ledger is held or gone, the disk full to the last block, while people ask and tills sell: people get their lists,
tills hear a no that says to ask again, nothing accepted is lost, no worker ends, and afterwards all is well without a restart.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from offers.journal import Journal
from offers.verify import verify
from serving.calls import CALLS
from serving.front import DEADLINE_S
from tests.flow.faulted import SCALE, locked, lost, ready, served, until, workers
from tests.suites.redeeming import Redeeming, issued, redeemed

HELD_S = 1.5 * SCALE
SIZE = "160m"
EXPECTED = {200, 202, 400, 401, 403, 404, 409, 422, 429, 503}


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A file system that can be filled, None where none can be made."""
    folder = tmp_path_factory.mktemp("small")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def place(small_disk, tmp_path_factory):
    with served((small_disk or tmp_path_factory.mktemp("disk")) / "home") as found:
        yield found


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


def told_of(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def saw(place, words):
    return [line for line in place.lines() if words in line]


def test_a_ledger_that_is_held_for_longer_than_anybody_waits_is_a_line_and_costs_no_list(place):
    load = place.load()
    until(lambda: len(load.tally.accepted) > 5)
    began, n_before = time.monotonic(), len(saw(place, "events are refused for want of the ledger"))
    with locked(place.home / "ledger.db"):
        time.sleep(DEADLINE_S + 1.0 * SCALE)
    held = load.tally.between(began, time.monotonic())
    until(lambda: load.tally.events[202] > 5 and load.tally.events[503] > 0)
    tally = load.finish()
    assert len(held) > 10
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert set(tally.events) <= {202, 503}
    assert lost(place, tally) == []
    # A line a worker that was asked, however many were refused.
    assert 1 <= len(saw(place, "events are refused for want of the ledger")) - n_before <= 2 * SCALE + 2


def test_a_ledger_whose_file_is_gone_takes_no_event_and_is_told_to_be_away(place):
    load = place.load()
    until(lambda: len(load.tally.accepted) > 5)
    ledger, away = place.home / "ledger.db", place.home / "away.db"
    began, before = time.monotonic(), len(load.tally.accepted)
    ledger.rename(away)
    try:
        until(lambda: place.metric("daypart_ledger_up ") == 0.0, within_s=20)
        time.sleep(HELD_S)
        n_taken, is_new = len(load.tally.accepted) - before, ledger.exists()
        held = load.tally.between(began)
    finally:
        away.rename(ledger)
    until(lambda: len(load.tally.accepted) > before + 8)
    until(lambda: place.metric("daypart_ledger_up ") == 1.0, within_s=20)
    tally = load.finish()
    # What was under way when it went; then nothing goes where nobody will look.
    assert (n_taken <= 8, is_new) == (True, False)
    assert len(held) > 10
    assert (set(tally.statuses()), tally.cut) == ({200}, [])
    assert tally.events[503] > 0
    assert set(tally.events) <= {202, 503}
    assert lost(place, tally) == []
    assert saw(place, "no longer there")


def test_every_byte_that_is_counted_in_has_its_block(place):
    """So that a full disk can't end who counts; `tests/serving/test_mapped.py` has what is done when there is none."""
    folder = place.home / "bentoml" / str(place.port) / "prometheus_multiproc_dir"
    until(lambda: len(list(folder.glob("*.db"))) >= 2 * 4)  # the second worker may begin after the first is ready
    files = list(folder.glob("*.db"))
    assert [file.name for file in files if file.stat().st_blocks * 512 < file.stat().st_size] == []


def test_a_disk_that_is_full_takes_no_worker_and_no_list(place, small_disk):
    if small_disk is None:
        pytest.skip("no file system can be mounted here; test_mapped.py holds the same in one process")
    load = place.load()
    until(lambda: len(load.tally.accepted) > 5)
    before, began = workers(place.process), time.monotonic()
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
    assert not saw(place, "Traceback"), "\n".join(place.lines())[-3000:]


def test_the_supervisor_is_killed_while_coupons_are_redeemed_and_each_is_paid_once(place):
    tills = Redeeming(place.port, place.keys["pos"], issued(place.ledger_url, 1000))
    until(lambda: len(tills.paid) > 40)
    left = workers(place.process)
    place.process.kill()
    place.process.wait()
    # Who was left ends by itself, and frees port and store.
    until(lambda: not any(b"_bentoml_impl" in told_of(pid) for pid in left), within_s=30)
    tills.finish()
    journal = Journal(place.ledger_url)
    try:
        paid, faults = redeemed(journal), verify(journal)
    finally:
        journal.close()
    assert faults == []
    assert tills.paid <= paid
    assert paid - tills.paid <= tills.unheard, "nothing is paid that nobody asked for"


def test_an_embedded_store_that_is_killed_is_there_again_with_what_was_sold(tmp_path):
    with served(tmp_path / "home", n_workers=1, DAYPART_REDIS_URL="") as place:
        load = place.load()
        place.store.save()
        until(lambda: len(load.tally.accepted) > 5)
        sold = place.history("dan").counts.sum()
        os.kill(int(place.store.info("server")["process_id"]), signal.SIGKILL)
        began = time.monotonic()
        until(lambda: any(one.meta["degraded"] for one in load.tally.between(began)))
        until(lambda: not any(one.meta["degraded"] for one in load.tally.told[-20:]), within_s=20)
        until(lambda: place.history("dan").counts.sum() >= sold, within_s=20)
        tally = load.finish()
        assert (set(tally.statuses()), set(tally.events), tally.cut) == ({200}, {202}, [])
        assert lost(place, tally) == []
