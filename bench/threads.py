"""Threads that begin together, for callers and connections that are measured at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

PATIENCE_S = 60


def begin_together(n: int, work: Callable[[int, threading.Barrier], None]) -> None:
    """Run `work(own number, barrier)` in n threads and wait for all of them; each waits at the barrier once it is ready.

    The first failure breaks the barrier, so that nobody waits for who won't come, and is raised here.
    """
    barrier, failures = threading.Barrier(n, timeout=PATIENCE_S), list[BaseException]()

    def run(own: int) -> None:
        try:
            work(own, barrier)
        except BaseException as error:
            failures.append(error)
            barrier.abort()

    workers = [threading.Thread(target=run, args=(own,)) for own in range(n)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]
