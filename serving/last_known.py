"""What was last known of people, for answers while the online store can't say: few, young, and nobody who was erased.

A process keeps the features that it read itself, for KEPT_S after the last good read and for MAX_USERS people with MAX_PRODUCTS
products in their histories at most; the longest unread go first. An erased person goes at once where the erasure was asked
for, and in every other process within a second or two (`sweep`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from threading import Lock

from serving.online_port import Past

KEPT_S = 600.0
MAX_USERS = 10_000
# 28 bytes each where ids have up to 8, 60 where they have 40, and 1.2 kB a person: 30 MB a process at most.
MAX_PRODUCTS = 300_000


class LastKnown:
    """Features by user id, longest unread first. `clock_s` is monotonic. Threads share it."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._kept: dict[str, tuple[float, Past]] = {}
        self._n_products = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, user_id: str, past: Past) -> None:
        """Remember what was just read of somebody of whom something is known."""
        with self._lock:
            self._drop(user_id)
            self._kept[user_id] = (self._clock_s(), past)
            self._n_products += len(past.history)
            while len(self._kept) > MAX_USERS or self._n_products > MAX_PRODUCTS:
                self._drop(next(iter(self._kept)))

    def of(self, user_id: str) -> Past | None:
        """What was read at most KEPT_S ago, else None."""
        kept = self._kept.get(user_id)
        return None if kept is None or self._clock_s() - kept[0] > KEPT_S else kept[1]

    def forget(self, user_ids: Iterable[str]) -> None:
        """These are nobody's any more."""
        with self._lock:
            for user_id in user_ids:
                self._drop(user_id)

    def sweep(self, gone: Callable[[Collection[str]], Iterable[str]]) -> None:
        """Forget what is too old to be used, and whoever `gone` names of those that are kept."""
        with self._lock:
            oldest = self._clock_s() - KEPT_S
            while self._kept and next(iter(self._kept.values()))[0] < oldest:
                self._drop(next(iter(self._kept)))
            kept = list(self._kept)
        if kept:
            self.forget(gone(kept))

    def _drop(self, user_id: str) -> None:
        kept = self._kept.pop(user_id, None)
        if kept is not None:
            self._n_products -= len(kept[1].history)
