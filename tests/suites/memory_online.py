"""The port of online features over dictionaries, for tests that need no server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from embedded.filled import WHOLE
from models.history import History
from serving.online_port import Assortment, OnlineUnavailable, Past, Portrait, UserFeatures

NOBODY = UserFeatures(History.empty(), {}, np.zeros(168, np.float32), None)


class MemoryOnline:
    """Users and stores as given. `down` makes every read and write fail."""

    def __init__(
        self,
        users: Mapping[str, UserFeatures] | None = None,
        stores: Mapping[str, Assortment] | None = None,
        clock: Callable[[], float] = time.monotonic,
        portraits: Mapping[str, Portrait] | None = None,
    ) -> None:
        self.portraits = dict(portraits or {})
        self.users, self.stores, self.down = dict(users or {}), dict(stores or {}), False
        self._clock, self._cached, self.filled, self.n_connected = clock, {}, WHOLE, 1

    def user(self, user_id: str) -> UserFeatures:
        self._touch()
        return self.users.get(user_id, NOBODY)

    def pasts(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        found: list[Past | ValueError] = []
        for user_id in user_ids:
            try:
                known = self.user(user_id)
                found.append(Past(known.history, known.as_of))
            except ValueError as error:
                found.append(error)
        return found

    def portrait(self, user_id: str) -> Portrait:
        self._touch()
        return self.portraits.get(user_id, Portrait({}, None))

    def store(self, store_id: str) -> Assortment | None:
        expires, found = self._cached.get(store_id, (self._clock(), None))
        if self._clock() < expires:
            return found
        self._touch()
        self._cached[store_id] = (self._clock() + 60.0, self.stores.get(store_id))
        return self._cached[store_id][1]

    def push_visit(self, user_id: str, history: History, at: datetime | None = None) -> None:
        self._touch()
        old = self.users.get(user_id, NOBODY)
        as_of = at or datetime.fromtimestamp(int(history.last_at_s.max()), UTC)
        if old.as_of is not None:
            as_of = max(as_of, old.as_of + timedelta(microseconds=1))
        self.users[user_id] = UserFeatures(history, old.profile, old.rhythm, as_of)

    def change(self, user_ids: Sequence[str], how: Callable[[str, History], History]) -> int:
        changed = 0
        for user_id in user_ids:
            try:
                before = self.user(user_id).history
            except ValueError:
                continue
            if (after := how(user_id, before)) is not before:
                self.push_visit(user_id, after)
                changed += 1
        return changed

    def forget(self, user_ids: Sequence[str]) -> int:
        self._touch()
        for user_id in user_ids:
            self.portraits.pop(user_id, None)
        return sum(self.users.pop(user_id, None) is not None for user_id in user_ids)

    def _touch(self) -> None:
        if self.down:
            raise OnlineUnavailable("the online store does not answer (down)")
