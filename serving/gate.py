"""The gate before the online store: after a failure nobody waits for it for a moment, the log says so once, and what was last
known of people answers in its place."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from embedded import OnlineStoreError
from serving.episode import Episode
from serving.last_known import LastKnown
from serving.online_port import Assortment, OnlineFeatures, Past, Portrait, UserFeatures

T = TypeVar("T")
Q = TypeVar("Q")

log = logging.getLogger("daypart.serving")
# A dead store costs one socket timeout (50 ms) a second at most, not one a request.
CLOSED_S = 1.0


class Told(NamedTuple):
    """What can be told of a user: None when nobody can say; `is_last_known` when it is from memory."""

    past: Past | None
    is_last_known: bool


class OnlineGate:
    """Reads through to `online`; while closed, every read is None at once. Raises nothing for a store that is down."""

    def __init__(self, online: OnlineFeatures, clock_s: Callable[[], float]) -> None:
        self._online = online
        self._clock_s = clock_s
        self._closed_until = -1.0
        self._down = Episode("online store down, recommendations fall back", "online store back")
        self._emptied = Episode("online store has lost rows; run daypart features", "online store has its rows again")
        self.last_known = LastKnown(clock_s)

    @property
    def is_down(self) -> bool:
        """Whether the last read failed."""
        return self._down.is_on

    def settled(self, user_id: str, read: Past | None) -> Told:
        """What a read comes to. read: None for a store that couldn't say; one that knows nobody has an empty history.

        A row that was there a moment ago and is gone was lost with the store: who was erased has no say here any more
        (`standing`), and is not in memory.
        """
        if read is not None and read.as_of is not None:
            self.last_known.keep(user_id, read)
            self._emptied.end()
            return Told(read, False)
        if (kept := self.last_known.of(user_id)) is None:
            return Told(read, False)
        if read is not None:
            self._emptied.begin("a row that stood is gone")
        return Told(kept, True)

    def user(self, user_id: str) -> UserFeatures | None:
        """The user's features (an empty history for one nobody knows), None when the store can't say."""
        return self._read(self._online.user, user_id)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | None]:
        """The users' histories alone, in one read; otherwise as `user`."""
        found = self._read(self._online.pasts, user_ids) if user_ids else []
        return [None] * len(user_ids) if found is None else [self._whole(one) for one in found]

    def portrait(self, user_id: str) -> Portrait | None:
        """The user's portrait, None when the store can't say."""
        return self._read(self._online.portrait, user_id)

    def store(self, store_id: str) -> tuple[bool, Assortment | None]:
        """(whether the store could say, the assortment or None when that store has none)."""
        if self._clock_s() < self._closed_until:
            return False, None
        try:
            assortment = self._online.store(store_id)
        except OnlineStoreError as error:
            self._close(error)
            return False, None
        self._down.end()
        return True, assortment

    def answers(self) -> bool:
        """Whether the store answers right now, asked past the gate. Blocking."""
        try:
            self._online.user("readiness")
        except OnlineStoreError as error:
            self._close(error)
            return False
        self._down.end()
        return True

    def _read(self, read: Callable[[Q], T], asked: Q) -> T | None:
        if self._clock_s() < self._closed_until:
            return None
        try:
            found = read(asked)
        except OnlineStoreError as error:
            self._close(error)
            return None
        except ValueError as error:
            return self._whole(error)
        self._down.end()
        return found

    @staticmethod
    def _whole(found: T | ValueError) -> T | None:
        """A row that another version wrote, or half of one, is as good as none until features are reckoned again."""
        if isinstance(found, ValueError):
            log.warning("a user's features can't be read: %s", found)
            return None
        return found

    def _close(self, error: OnlineStoreError) -> None:
        self._closed_until = self._clock_s() + CLOSED_S
        self._down.begin(error)
