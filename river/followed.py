"""The follower with all it needs, opened and closed: for the process beside the service, and once after every features run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from river.keeping import Keeper


@contextmanager
def keeper_of(settings: Settings) -> Iterator[Keeper]:
    """One on the settings' lake, ledger and online store. Raises LedgerError, OnlineStoreError, DataError."""
    from embedded import lease_online_store
    from embedded.filled import filling
    from embedded.online_rows import delete_rows
    from offers.journal import Journal
    from river.keeping import Keeper
    from serving.history_kind import WRITE_TIMEOUT_S, history_rows
    from serving.tables import prepare

    with ExitStack() as stack:
        store = stack.enter_context(lease_online_store(settings))
        journal = stack.enter_context(closing(Journal(settings.ledger_url)))
        prepare(journal.engine)
        rows, forget = history_rows(settings, store), partial(delete_rows, settings, store, "user_id")
        whole = filling(settings, store, WRITE_TIMEOUT_S)
        keeper = Keeper(settings, journal.engine, rows, forget, partial(datetime.now, UTC), whole)
        yield stack.enter_context(closing(keeper))


def catch_up(settings: Settings, since: datetime, owed: Collection[str] = ()) -> int:
    """Reckon whoever is told of by an event that came at `since` or later and isn't in the lake: what a features run brought
    online since then knows nothing of it; and those `owed`. How many ids were reckoned. Raises the same."""
    from embedded import answering
    from river.steps import open_desk
    from river.unsupported import empty_unheld
    from serving.inbox_tail import last_received_ms
    from serving.tables import prepare
    from training.held import TooMany

    since_ms = int(since.timestamp() * 1000)
    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        if last_received_ms(desk.journal.engine) < since_ms and not owed:
            return 0
    try:
        with answering(), keeper_of(settings) as keeper:
            keeper.owe(owed)
            return keeper.look(since_ms)
    except TooMany:
        empty_unheld(settings, owed)
        return 0
