"""The BentoML service: processes, workers, health and build are BentoML's; everything below `/v1` is the mounted front's.

Both doors come here: `bentoml serve serving.service:DaypartService` and `daypart serve` (launch.py). BentoML runs `check` in
the parent before any worker; a fault there ends the start with one line and exit code 2.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import bentoml

from serving.accept import Door, running_server
from serving.beat import beat
from serving.calls import CALLS
from serving.drain import leave_by_turns
from serving.elsewhere import Elsewhere
from serving.front import Front
from serving.handed import CHECKED, settings_from
from serving.health import Health
from serving.heap import trim
from serving.log_writer import write_beside
from serving.logs import HANDLER, begin
from serving.missed import Missed
from serving.opening import open_parts, warm, warm_up
from serving.orphans import end_with_parent
from serving.parts import Parts
from serving.preflight import FAULTS, preflight
from serving.reload import Reload
from serving.revived import Revived
from serving.straight import Straight, stand_before
from serving.taken import show_again
from serving.watcher import Watcher
from serving.workers import others_serve

VERSION, TIMEOUT_S = "1", 5
# The default collects the young generation every 700 allocations and stops the world for what start-up left behind.
GC_THRESHOLD = (100_000, 50, 100)
log = logging.getLogger("daypart.serving")
front = Front(CALLS, VERSION)


CONFIGURED: dict[str, Any] = {
    "traffic": {"timeout": TIMEOUT_S},
    "tracing": {"excluded_urls": ".*"},
    "logging": {"access": {"enabled": False}},
    "metrics": {"enabled": False},
    "endpoints": {"livez": "/livez", "readyz": "/readyz"},
    # One BLAS thread a worker: cores are shared out by workers, and small products only lose by threads.
    "envs": [
        {"name": "BENTOML_DO_NOT_TRACK", "value": "True"},
        {"name": "OPENBLAS_NUM_THREADS", "value": "1"},
        {"name": "TZ", "value": "UTC"},
    ],
}
"""How BentoML runs us; the yardstick's empty service is run in the same way."""


@bentoml.service(name="daypart", **CONFIGURED)
class DaypartService:
    """Ranked products and timed coupons. `/v1/openapi.json` describes the calls."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._health: Health | None = None
        self._tasks: list[asyncio.Task[None]] = []
        with _one_line():
            begin(settings_from(os.environ).log_format)
            write_beside(HANDLER)

    def _use(self, parts: Parts) -> None:
        """One reference: who began with the parts before goes on with them."""
        front.parts = parts

    @bentoml.on_deployment
    @staticmethod
    def check() -> None:
        """Stop the start of the whole service with one plain line when a part is missing."""
        if os.environ.get(CHECKED) != str(os.getpid()):
            with _one_line(), preflight(settings_from(os.environ)):
                pass

    @bentoml.on_startup
    async def start(self) -> None:
        """Open the parts, warm them up, freeze what will not change; only then is the service ready."""
        end_with_parent(int(os.environ[CHECKED]) if CHECKED in os.environ else None)
        with _one_line():
            parts = self._stack.enter_context(open_parts(settings_from(os.environ)))
        warm_up(parts)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        trim()
        front.parts = parts
        self._health = Health(parts, leaving=lambda: front.is_leaving)
        reload = Reload(parts, self._use, warm)
        # A thread each: a ledger that is silent must not keep a new model from going into use.
        sweep = partial(parts.gate.last_known.sweep, parts.standing.gone)
        missed, elsewhere, revived = Missed(parts, show_again), Elsewhere(parts.visits), Revived(parts)
        errands = (reload.look, sweep, parts.gate.look, missed.look, elsewhere.look, revived.look)
        for errand in errands:
            self._stack.callback(Watcher((errand,)).close)
        front.load.start()
        stand_before(server := running_server(), front)
        for each in (beat(parts, lambda: front.parts), (door := Door(server)).open()):
            self._tasks.append(asyncio.create_task(each))
        leave_by_turns(front.leave, lambda: door.close(others_serve()))

    @bentoml.on_shutdown
    async def stop(self) -> None:
        """Requests in flight are answered by now; let the parts go."""
        front.load.stop()
        front.parts, self._health = None, None
        for task in self._tasks:
            task.cancel()
        self._stack.close()

    async def __is_ready__(self) -> bool:
        return self._health is not None and await self._health.ready()


@contextmanager
def _one_line() -> Iterator[None]:
    """A fault that a person can mend leaves as its one line and exit code 2; anything else keeps its traceback."""
    try:
        yield
    except FAULTS as fault:
        sys.stderr.write(f"{' '.join(str(fault).split())}\n")
        sys.stderr.flush()
        if bentoml.server_context.worker_index is not None:
            # In a worker SystemExit would pass through uvicorn, which prints it twice as a traceback. All that was opened
            # is closed by now; the supervisor tries again every ten seconds, until the fault is mended.
            os._exit(2)
        raise SystemExit(2) from None


# The decorator has turned the class into BentoML's own Service, which type checkers can't see.
_service: Any = DaypartService
_service.mount_asgi_app(front, path="/")
_service.add_asgi_middleware(Straight, front=front)
