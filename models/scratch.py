"""Buffers that one thread fills again and again, so that an answer allocates little that is large."""

from __future__ import annotations

import math
import threading

import numpy as np


class Scratch:
    """Named buffers, grown when more is asked for. One for each thread or worker: two at once would overwrite each other."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, np.ndarray] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.typing.DTypeLike) -> np.ndarray:
        """dtype[shape], C-contiguous, with whatever it held before; the same memory under the same name until it must grow."""
        size, held = math.prod(shape), self._held.get(name)
        if held is None or held.size < size or held.dtype != dtype:
            held = self._held[name] = np.empty(size, dtype)
        return held[:size].reshape(shape)


class OwnScratch(threading.local):
    """A Scratch of each thread's own, for what threads share."""

    def __init__(self) -> None:
        self.scratch = Scratch()
