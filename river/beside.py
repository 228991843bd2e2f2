"""`daypart serve` with its follower beside it: a process of its own, as what serves carries none of the offline libraries.

It ends with whoever started it, and is started again when it ends. Where those libraries or the lake are not, the service serves
without it, and what it would do waits for the next `daypart features`.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from console import is_ours, plain
from serving.follower_sign import awaited, left
from serving.handed import SETTINGS, settings_from, written
from serving.logs import begin_alone
from settings import Settings

log = logging.getLogger("daypart.river")
ROOT = Path(__file__).parents[1]
PAUSE_S = 0.2
"""Between two looks, of some 2 ms of a core each."""
WAITS = "late purchases, refunds, voids and claims wait for `daypart features`"
RESTART_S, RESTART_AT_MOST_S = 0.5, 30.0
FOR_GOOD = 3
"""Exit code of one that would only end again."""
_PR_SET_PDEATHSIG = 1


@contextmanager
def follower(settings: Settings) -> Iterator[None]:
    """One beside us for as long as the block runs."""
    if find_spec("polars") is None:
        left(settings.home)
        sys.stderr.write(f"{WAITS}: polars isn't here\n")
        yield
        return
    awaited(settings.home)
    ended = threading.Event()
    thread = threading.Thread(target=_look_after, args=(settings, ended), name="follower", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=10.0)


def _look_after(settings: Settings, ended: threading.Event) -> None:
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    handed = {SETTINGS: written(settings), "PYTHONPATH": paths}
    wait_s = RESTART_S
    while not ended.is_set():
        began = time.monotonic()
        command = [sys.executable, "-m", "river.beside", str(os.getpid())]
        process = subprocess.Popen(command, env={**os.environ, **handed, "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC"})
        while process.poll() is None and not ended.wait(0.2):
            pass
        if process.poll() is None:
            process.terminate()
            process.wait()
        if process.returncode == FOR_GOOD:
            left(settings.home)
            return
        wait_s = RESTART_S if time.monotonic() - began > RESTART_AT_MOST_S else min(2 * wait_s, RESTART_AT_MOST_S)
        ended.wait(wait_s)


def follow(settings: Settings, ended: threading.Event) -> None:
    """Follow until `ended` is set. Raises what a start may raise: LedgerError, OnlineStoreError, DataError."""
    import redis

    from embedded import OnlineStoreError
    from offers.database import LedgerError
    from river.followed import keeper_of
    from serving.episode import Episode
    from serving.follower_sign import looked
    from training.parts import DataError

    behind = Episode(WAITS, "late purchases, refunds, voids and claims are seen at once again")
    with keeper_of(settings) as keeper:
        while not ended.wait(PAUSE_S):
            try:
                keeper.look()
                looked(settings.home)
            except (LedgerError, OnlineStoreError, DataError, redis.RedisError, OSError) as error:
                behind.begin(error)
                ended.wait(1.0)
            else:
                behind.end()


def main() -> None:
    """As a process: `python -m river.beside PARENT`, its settings in the environment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != int(sys.argv[1]):
            return
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        settings = settings_from(os.environ)
        begin_alone(settings.log_format)
        follow(settings, ended)
    except Exception as error:
        from training.held import TooMany

        if is_ours(error):
            log.error("%s: %s", WAITS, plain(error))
        else:
            log.exception(WAITS)
        sys.exit(FOR_GOOD if isinstance(error, TooMany) else 1)


if __name__ == "__main__":
    main()
