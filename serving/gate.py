"""The gate before the online store: after a failure nobody waits for it for a moment, the log says so once, and what was last
known of people answers in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from embedded import OnlineStoreError
from embedded.filled import Filled
from models.history import History
from serving.episode import Episode, Signs
from serving.last_known import LastKnown
from serving.online_port import Assortment, OnlineFeatures, Past, Portrait, UserFeatures
from serving.pace import Pace
from serving.remembering import Remembering, Told

T = TypeVar("T")
Q = TypeVar("Q")

# A dead store costs one socket timeout (50 ms) a second at most, not one a request.
CLOSED_S = 1.0
LOOKED_AT_S = 0.005
"""From so much on that reads need, they are timed beside the requests too."""


class OnlineGate:
    """Reads through to `online`; while closed, every read is None at once. Raises nothing for a store that is down."""

    def __init__(self, online: OnlineFeatures, clock_s: Callable[[], float]) -> None:
        self._online = online
        self._clock_s = clock_s
        self._closed_until = -1.0
        self._down = Episode("online store down, recommendations fall back", "online store back")
        self._odd = Signs("users' features can't be read, run `daypart features`", clock_s)
        self.last_known, self.pace = LastKnown(clock_s), Pace(clock_s)
        self._was_read = False  # since the last look
        self._remembering = Remembering(self.last_known)

    @property
    def is_down(self) -> bool:
        """Whether the last read failed."""
        return self._down.is_on

    def settled(self, user_id: str, read: Past | None) -> Told:
        """What a read comes to (see `Remembering`)."""
        return self._remembering.settled(user_id, read, self.filled)

    @property
    def filled(self) -> Filled:
        """What stood whole in the store when histories were last read."""
        return self._online.filled

    @property
    def n_connected(self) -> int:
        """See OnlineFeatures."""
        return self._online.n_connected

    def lost(self, user_id: str) -> History | None:
        """What was last known of somebody without a row, if theirs was lost with an emptied store; the store is asked. Blocking,
        raises OnlineStoreError."""
        if (kept := self.last_known.of(user_id)) is None:
            return None
        self._online.pasts([user_id])
        return None if self.filled.histories else kept.history

    def user(self, user_id: str) -> UserFeatures | None:
        """The user's features (an empty history for one nobody knows), None when the store can't say."""
        return self._read(self._online.user, user_id)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | None]:
        """The users' histories alone, in one read; otherwise as `user`."""
        found = self._read(self._online.pasts, user_ids) if user_ids else []
        if user_ids and found is not None:
            self._was_read = True
            self._remembering.stands(self.filled.histories)
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
        except ValueError:
            # Of which the reader has told the log: not to know what a store sells is not to know that it sells everything.
            return False, None
        self._down.end()
        return True, assortment

    def answers(self) -> bool:
        """Whether the store answers right now, asked past the gate. Blocking."""
        return self._probed(lambda: self._online.user("readiness"))

    def look(self) -> None:
        """An errand beside the requests, once a second: while all who come are in a hurry, or nobody comes, nobody reads, and the
        store would stay slow, down, emptied or well for ever. Blocking."""
        was_read, self._was_read = self._was_read, False
        if self.is_down or not (was_read and self.filled.histories and self.filled.others):
            # As those who ask read, which alone tells what was lost.
            if self._probed(lambda: self._online.pasts(["readiness"])):
                self._remembering.stands(self.filled.histories)
        elif self.pace.needed_s > LOOKED_AT_S:
            self.answers()

    def _probed(self, read: Callable[[], object]) -> bool:
        began_s = self._clock_s()
        try:
            read()
        except OnlineStoreError as error:
            self._close(error)
            return False
        finally:
            self.pace.took(self._clock_s() - began_s)
        self._down.end()
        return True

    def _read(self, read: Callable[[Q], T], asked: Q) -> T | None:
        if (began_s := self._clock_s()) < self._closed_until:
            return None
        try:
            found = read(asked)
        except OnlineStoreError as error:
            self._close(error)
            return None
        except ValueError as error:
            return self._whole(error)
        finally:
            self.pace.took(self._clock_s() - began_s)
        self._down.end()
        return found

    def _whole(self, found: T | ValueError) -> T | None:
        """A row that another version wrote, or half of one, is as good as none until features are reckoned again."""
        if isinstance(found, ValueError):
            self._odd.seen(found)
            return None
        return found

    def _close(self, error: OnlineStoreError) -> None:
        self._closed_until = self._clock_s() + CLOSED_S
        self._down.begin(error)
