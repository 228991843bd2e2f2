"""What the C library keeps of freed memory, given back. It raises its own threshold for doing so with every large block that it
sees go, so what a replaced model leaves stays with the process unless it is asked for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def trim() -> bool:
    """Give free pages back to the system; whether there were any. Other threads run on; False where the C library can't."""
    call = _malloc_trim()
    return call is not None and bool(call(0))


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        call = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):  # not glibc: musl, macOS
        return None
    call.argtypes, call.restype = (ctypes.c_size_t,), ctypes.c_int
    found: Callable[[int], int] = call
    return found
