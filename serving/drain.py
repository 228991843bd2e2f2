"""Leaving without losing anybody: at SIGTERM a worker answers for LAME_S more, and ends each connection with its answer.

The server beneath closes a connection that is idle at the moment it is told to stop, and a client that has just sent its next
request on it would get none. So for LAME_S the worker is not ready, still takes what comes, and answers `Connection: close`;
who is idle after that has nothing under way. What is being answered then is waited for (`launch.GRACE_S`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

LAME_S = 0.5


def leave_by_turns(leaving: Callable[[], None], lame_s: float = LAME_S) -> None:
    """Put `leaving` and a pause of `lame_s` before what the running server does at SIGTERM. In the main thread, in its loop."""
    then = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(then):
        return
    loop = asyncio.get_running_loop()

    def leave(number: int, frame: FrameType | None) -> None:
        # A second signal does not wait.
        signal.signal(signal.SIGTERM, then)
        leaving()
        loop.call_soon_threadsafe(loop.call_later, lame_s, then, number, None)

    signal.signal(signal.SIGTERM, leave)
