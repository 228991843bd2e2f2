"""Histories online as a service with its follower keeps them: what a push adds, and what a look of `Keeper` puts right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from embedded import lease_online_store
from embedded.filled import filling
from embedded.online_rows import delete_rows
from offers.journal import Journal
from river.keeping import AGAIN_MS, Keeper
from serving.history_kind import history_rows
from serving.visits import Visits
from settings import Settings
from tests.suites.settled import settle

ZONES = {"soho": ZoneInfo("America/New_York"), "bund": ZoneInfo("Asia/Shanghai")}


class Online:
    """Opened by `begin`, when features are online."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._stack, self.is_open = settings, ExitStack(), False

    def begin(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._later = clock, timedelta()
        store = self._stack.enter_context(lease_online_store(self._settings))
        journal = self._stack.enter_context(closing(Journal(self._settings.ledger_url)))
        rows = history_rows(self._settings, store)
        forget = partial(delete_rows, self._settings, store, "user_id")
        whole = filling(self._settings, store)
        keeper = Keeper(self._settings, journal.engine, rows, forget, lambda: clock() + self._later, whole)
        self.keeper = self._stack.enter_context(closing(keeper))
        self.visits, self.is_open = Visits(rows, ZONES, self._settings.history_limit), True

    def push(self, records: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
        """As `serving.taken.show` does."""
        if self.is_open:
            theirs = [record for record in records if record["user_id"] is not None]
            self.visits.add([{**one, "user_id": names.get(one["user_id"], one["user_id"])} for one in theirs])

    def reckon_anew(self, ids: Sequence[str]) -> None:
        """Once the lake was read again."""
        if self.is_open:
            self.keeper.owe(ids)
            self.look()

    def look(self) -> None:
        """What the follower has done a second later."""
        settle(self.keeper._stock)
        self.keeper.look()
        self._later += timedelta(milliseconds=AGAIN_MS)
        self.keeper.look()

    def close(self) -> None:
        self._stack.close()
