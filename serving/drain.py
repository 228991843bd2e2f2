"""Leaving without losing anybody: at SIGTERM a worker answers for LAME_S more, and ends each connection with its answer.

The server beneath closes a connection that is idle at the moment it is told to stop, and a client that has just sent its next
request on it would get none. So for LAME_S the worker is not ready, still takes what comes, and answers `Connection: close`. Then
it takes no more (`accept.Door`), and LAST_S later, when those taken last have asked, the server hears of it: who is idle after
that has nothing under way. What is being answered then is waited for (`launch.GRACE_S`).
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

LAME_S = 0.5
LAST_S = 0.25


def leave_by_turns(
    leaving: Callable[[], None], close: Callable[[], None], lame_s: float = LAME_S, last_s: float = LAST_S
) -> None:
    """Put `leaving`, a pause of `lame_s`, `close` and a pause of `last_s` before what the running server does at SIGTERM. In the
    main thread, in its loop, which runs all of them."""
    then = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(then):
        return
    loop, server_hears = asyncio.get_running_loop(), then

    def leave(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, hurry)
        loop.call_soon_threadsafe(begin, number)

    def begin(number: int) -> None:
        leaving()
        loop.call_later(lame_s, end, number, last_s)

    def end(number: int, pause_s: float) -> None:
        signal.signal(signal.SIGTERM, server_hears)
        close()
        loop.call_later(pause_s, server_hears, number, None)

    def hurry(number: int, frame: FrameType | None) -> None:
        # A second signal does not wait.
        loop.call_soon_threadsafe(end, number, 0.0)

    signal.signal(signal.SIGTERM, leave)
