"""A worker whose supervisor was killed must not go on holding the port and the online store."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import bentoml

_PR_SET_PDEATHSIG = 1


def end_with_parent(supervisor: int | None = None) -> None:
    """Ask the kernel to end this worker in order (SIGTERM) when its supervisor is gone. Linux only; elsewhere nothing.

    supervisor: its process, if that is known. When it was killed while this worker was still starting, the kernel has nobody left
    to watch: then the worker ends here, before it has opened anything.
    """
    if sys.platform == "linux" and bentoml.server_context.worker_index is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if supervisor is not None and os.getppid() != supervisor:
            os._exit(0)
