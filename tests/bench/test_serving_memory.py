"""What a worker takes, told of processes that are known."""

import subprocess
import sys

import pytest

from bench.serving_memory import MOST_MIB, Taken, memory_rows, taken_by

HOLD = "import sys; held = bytearray(64 << 20); print(len(held), flush=True); sys.stdin.read()"
PARENT = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"


def test_the_largest_marked_process_below_is_told():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout.readline().strip() == str(64 << 20)
        found = taken_by(parent.pid, b"held = bytearray")
        assert 64 < found.pss <= found.rss < 200
        with pytest.raises(ValueError, match="empty"):
            taken_by(parent.pid)
    finally:
        parent.communicate("")
    assert parent.returncode == 0


@pytest.mark.parametrize(("last", "met"), [(440.0, True), (440.1, False)])
def test_growth_is_from_the_first_reload_to_the_last(last, met):
    taken = {
        "at start": Taken(900.0, MOST_MIB),
        "after one": Taken(400.0, MOST_MIB + 0.1),
        "after ten": Taken(last, 1.0),
    }
    told = memory_rows(taken)
    assert [one["met"] for one in told if one["reach"]] == [True, False, True, met]
