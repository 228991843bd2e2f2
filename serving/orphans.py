"""A worker whose supervisor was killed must not go on holding the port and the online store."""

from __future__ import annotations

import ctypes
import signal
import sys

import bentoml

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Ask the kernel to end this worker in order (SIGTERM) when its supervisor is gone. Linux only; elsewhere nothing."""
    if sys.platform == "linux" and bentoml.server_context.worker_index is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
