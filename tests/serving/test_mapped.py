import errno
import logging
import os
import signal
import subprocess
import sys

import pytest
from prometheus_client.mmap_dict import MmapedDict

from serving import mapped
from serving.mapped import AGAIN_S, FIRST_BYTES, SharedValues

ROOMY = 12 * FIRST_BYTES


def told(path):
    return {key: value for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path))}


def blocks(path):
    return os.stat(path).st_blocks * 512


def label(n):
    return f"label-{n:04d}-{'x' * 200}"


@pytest.fixture
def disk(monkeypatch):
    """A disk that gives `free` bytes to a file at most, and a clock."""

    class Disk:
        free, now = ROOMY, 1000.0

        def fallocate(self, descriptor, start, n_bytes):
            if n_bytes > self.free:
                raise OSError(errno.ENOSPC, "No space left on device")
            given(descriptor, start, n_bytes)

    found, given = Disk(), os.posix_fallocate
    monkeypatch.setattr(os, "posix_fallocate", found.fallocate)
    monkeypatch.setattr(mapped.time, "monotonic", lambda: found.now)
    return found


def test_every_byte_has_its_block_however_long_the_file_grows(tmp_path):
    path = tmp_path / "counter_1.db"
    values = SharedValues(str(path))
    wanted = {label(n): float(n) for n in range(2000)}
    for key, value in wanted.items():
        assert values.read_value(key) == (0.0, 0.0)
        values.write_value(key, value, 0.0)
        assert blocks(path) >= path.stat().st_size >= FIRST_BYTES
    assert told(path) == wanted
    assert values.read_value(label(7)) == (7.0, 0.0)
    assert path.stat().st_size > FIRST_BYTES
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_stands_is_gone_on_with_and_gets_its_blocks(tmp_path):
    path = tmp_path / "counter_1.db"
    left = MmapedDict(str(path))
    left.write_value("a", 3.0, 0.0)
    left.close()
    os.truncate(path, 4 * FIRST_BYTES)
    assert blocks(path) < 4 * FIRST_BYTES
    assert SharedValues(str(path)).read_value("a") == (3.0, 0.0)
    assert blocks(path) >= 4 * FIRST_BYTES


def test_what_finds_no_room_is_counted_alone_and_moves_in_when_there_is_some(tmp_path, disk, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    path, disk.free = tmp_path / "counter_1.db", FIRST_BYTES
    values = SharedValues(str(path))
    for n in range(400):
        values.read_value(label(n))
        values.write_value(label(n), n, 0.0)
    shared = told(path)
    assert 100 < len(shared) < 400
    # Who is in the file goes on there, who isn't goes on without.
    values.write_value(label(1), 11.0, 0.0)
    values.write_value(label(399), 4.0, 5.0)
    assert (told(path)[label(1)], values.read_value(label(399))) == (11.0, (4.0, 5.0))
    disk.free = ROOMY
    values.write_value(label(399), 6.0, 0.0)
    assert label(399) not in told(path), "the disk is left alone for a moment"
    disk.now += AGAIN_S
    values.write_value(label(399), 8.0, 0.0)
    assert told(path) == {label(n): float(n) for n in range(400)} | {label(1): 11.0, label(399): 8.0}
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "no room for all that /metrics tells",
        "room again for all that /metrics tells",
    ]


def test_a_worker_that_starts_on_a_full_disk_leaves_no_torn_file(tmp_path, disk, caplog):
    caplog.set_level(logging.WARNING, "daypart.serving")
    disk.free = 0
    several = [SharedValues(str(tmp_path / name)) for name in ("counter_1.db", "histogram_1.db")]
    for values in several:
        assert values.read_value("a") == (0.0, 0.0)
        values.write_value("a", 2.0, 0.0)
        assert values.read_value("a") == (2.0, 0.0)
    assert list(tmp_path.iterdir()) == []
    disk.free, disk.now = ROOMY, disk.now + AGAIN_S
    for values in several:
        values.write_value("b", 3.0, 0.0)
        values.close()
    assert told(tmp_path / "histogram_1.db") == {"a": 2.0, "b": 3.0}
    assert len(caplog.records) == 2


def test_a_disk_that_gives_nothing_is_an_error_and_no_signal(tmp_path):
    """The kernel itself says no: a file may not become so long."""
    path = str(tmp_path / "counter_1.db")
    child = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({FIRST_BYTES}, {FIRST_BYTES}))
from serving.mapped import SharedValues
values = SharedValues({path!r})
for n in range(2000):
    values.write_value(f"{{n:0200d}}", 1.0, 0.0)
print(values.read_value(f"{{1999:0200d}}"))
"""
    run = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout.strip()) == (0, "(1.0, 0.0)"), run.stderr
    assert run.stderr.count("no room for all that /metrics tells") == 1


ON_A_FULL_DISK = """
import os, sys
folder = sys.argv[1]
with open(f"{folder}/filler", "wb", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
from serving import mapped
from serving.metrics import Metrics
metrics = Metrics()
for n in range(40):
    metrics.answered(f"call{n}", 200, 0.001)
metrics.flush()
print(b"daypart_requests_total{" in metrics.exposition())
os.unlink(f"{folder}/filler")
mapped.time.monotonic = lambda: 1e12
metrics.answered("other", 200, 0.001)
metrics.flush()
print(b'daypart_requests_total{call="call7",status="200"} 1.0' in metrics.exposition())
"""


def test_no_worker_dies_of_a_file_system_that_is_really_full(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip(
            "only root may mount a small file system; the tests above hold the same with a limit of the kernel's"
        )
    try:
        run = subprocess.run(
            [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=60
        )
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert run.returncode == 0, f"{signal.Signals(-run.returncode).name if run.returncode < 0 else ''} {run.stderr}"
    assert run.stdout.split() == ["False", "True"], run.stderr
