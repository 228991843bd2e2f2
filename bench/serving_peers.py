"""The processes that serving is measured beside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields

from bench.client import READY_WITHIN_S
from bench.ledger_http import free_port
from bench.ledger_load import shoot
from settings import PREFIX, Settings


@contextmanager
def beside(module: str, which: str, settings: Settings) -> Iterator[int]:
    """A peer as a process of its own, for as long as the block runs; its port."""
    port = free_port()
    handed = {f"{PREFIX}{f.name.upper()}": str(getattr(settings, f.name)) for f in fields(settings)}
    command = [sys.executable, "-m", module, *([which] if which else []), str(port)]
    with (settings.home / "peers.log").open("ab") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **handed}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_answer(process, port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


LIVE = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def wait_answer(process: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers anything. Raises RuntimeError when it ends or takes over a minute."""
    began = time.monotonic()
    while time.monotonic() - began < READY_WITHIN_S and process.poll() is None:
        if any(shot.status for shot in shoot("127.0.0.1", port, [LIVE], 1000)):
            return
        time.sleep(0.2)
    raise RuntimeError(f"{' '.join(map(str, process.args))} does not answer")  # type: ignore[arg-type]


def memory_of(pid: int) -> int:
    """Most bytes resident in one of the processes below this one, or in it if it has none: a worker's."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in told.splitlines()]
    above = {child: parent for child, parent, _ in rows}
    resident = {child: kib * 1024 for child, _, kib in rows}
    below = [child for child in above if pid in _ancestors(child, above)]
    return max((resident[child] for child in below), default=resident[pid])


def _ancestors(child: int, above: Mapping[int, int]) -> Iterator[int]:
    while (child := above.get(child, 0)) > 1:
        yield child
