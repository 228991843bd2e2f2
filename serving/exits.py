"""A worker that dies leaves a line in the log. It can't write one itself: what kills it (the kernel for want of memory, a disk
that fails below a mapped file, somebody by hand) asks nobody. So its supervisor looks, in a thread beside what begins another."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.logs import alone

LOOK_S = 0.25
WORKER = b"_bentoml_impl.worker.service"
log = logging.getLogger("daypart.supervisor")


class Exits:
    """Looks after the workers that the main thread of this process started. tell: takes a line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._known = tell, set[int]()

    def look(self) -> None:
        """Find who was begun since the last look, and wait for each in a thread of its own."""
        children = _children()
        fresh = {pid for pid in children - self._known if WORKER in _command(pid)}
        for pid in fresh:
            threading.Thread(target=self._wait, args=(pid,), name=f"exit of {pid}", daemon=True).start()
        self._known = (self._known & children) | fresh

    def _wait(self, pid: int) -> None:
        if how := _how(pid):
            self._tell(f"worker {pid} {how}")


@contextmanager
def told(form: str) -> Iterator[None]:
    """Look for as long as the block runs, and write by `form`, the setting `log_format`."""
    log.addHandler(handler := alone(form))
    log.propagate = False
    exits, ended = Exits(log.error), threading.Event()

    def run() -> None:
        while not ended.wait(LOOK_S):
            exits.look()

    thread = threading.Thread(target=run, name="exits", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        log.removeHandler(handler)


def _how(pid: int) -> str:
    """What a child dies of, once it does; "" if it ends as it was told to, which is no news. It stays to be asked after."""
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        return "is gone"
    if found is None:  # only where it isn't waited for
        return ""
    status = found.si_status
    if found.si_code == os.CLD_EXITED:
        return f"ended by itself, with exit code {status}" if status else ""
    return "" if status == signal.SIGTERM else f"was killed by {signal.Signals(status).name}"


def _children() -> set[int]:
    own = os.getpid()
    try:
        return {int(pid) for pid in Path(f"/proc/{own}/task/{own}/children").read_text("ascii").split()}
    except OSError:
        return set()


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
