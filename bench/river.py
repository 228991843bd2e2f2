"""The river's yardsticks: the whole demo in time and memory, and the service's start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from bench.client import served, wait_ready
from bench.results import Row, row
from settings import load_settings

DEMO_WITHIN_S = 180.0
DEMO_WITHIN_GIB = 4.0
READY_WITHIN_S = 10.0
_SAMPLE_S = 0.25


def rows() -> list[Row]:
    """Run `daypart demo --once` on Complete Journey in an empty home, then start the service on what it left."""
    with tempfile.TemporaryDirectory(prefix="daypart-bench-") as folder:
        settings = replace(load_settings(), home=Path(folder) / "home")
        env = {**os.environ, "DAYPART_HOME": str(settings.home)}
        began = time.monotonic()
        demo = subprocess.Popen([sys.executable, "-m", "daypart", "demo", "--once"], env=env, start_new_session=True)
        peak = _peak_while(demo)
        took = time.monotonic() - began
        if demo.returncode:
            raise RuntimeError(f"the demo failed with exit code {demo.returncode}; its last line says why")
        with served(settings) as service:
            ready = wait_ready(service, settings)
    gib = peak / 2**30
    return [
        row(
            "demo, Complete Journey, after set-up", took, "s", reach=f"< {DEMO_WITHIN_S:g} s", met=took < DEMO_WITHIN_S
        ),
        row(
            "demo, all its processes together, peak",
            gib,
            "GiB",
            reach=f"< {DEMO_WITHIN_GIB:g} GiB",
            met=gib < DEMO_WITHIN_GIB,
        ),
        row("service, start to ready", ready, "s", reach=f"< {READY_WITHIN_S:g} s", met=ready < READY_WITHIN_S),
    ]


def _peak_while(process: subprocess.Popen[bytes]) -> int:
    """Most bytes that the process's session held at once, sampled; shared pages are shared out (Linux's PSS)."""
    peak = 0
    stop = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(_SAMPLE_S):
            peak = max(peak, _held(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    finally:
        stop.set()
        watcher.join()
    return peak


def _held(root: int) -> int:
    """Bytes held by `root` and all that descend from it, as /proc tells."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = {root}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(_pss(pid) for pid in family)


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
