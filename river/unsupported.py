"""Online histories that the features know nothing of: who bears them is reckoned anew, and what then says nothing goes.

An accepted purchase is online at once, and the lake may refuse it later: a file had its `event_id` first with other content. No
snapshot replaces the row of somebody whom it doesn't name.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from embedded import answering, lease_online_store
from people.batches import batches
from settings import Settings

_AT_ONCE = 5_000


def unsupported(settings: Settings, through: datetime) -> set[str]:
    """Ids whose history is online and not in the last snapshot at or before `through`. Raises FeatureError, OnlineStoreError."""
    from embedded.online_rows import ids_of
    from serving.history_kind import history_rows
    from training.snapshots import latest

    _, ids = latest(settings.features / "user_history.parquet", "user_id", through)
    with answering(), lease_online_store(settings) as store:
        left = sorted(ids_of(settings, store, "user_id") - set(ids))
        rows = history_rows(settings, store)
        return {one for some in batches(left, _AT_ONCE) for one in rows.told_of(some)}


def drop_empty(settings: Settings, ids: Collection[str]) -> int:
    """Delete the histories of those of whom nothing stands; how many. Raises OnlineStoreError."""
    from serving.history_kind import history_rows

    if not ids:
        return 0
    with answering(), lease_online_store(settings) as store:
        return history_rows(settings, store).drop_empty(sorted(ids))


def empty_unheld(settings: Settings, ids: Collection[str]) -> int:
    """For `drop_empty`, where the lake is too large for histories to be reckoned from memory: those of whom neither it nor the
    inbox has a purchase say nothing from now on; how many. Raises LedgerError, DataError, OnlineStoreError."""
    import polars as pl

    from models.history import History
    from river.steps import open_desk
    from river.whose import whose
    from serving.history_kind import history_rows
    from serving.inbox import waiting_of
    from training.lake import read_events

    bought = read_events(settings.lake, types=("purchase",), columns=("user_id",))
    with open_desk(settings) as desk, answering(), lease_online_store(settings) as store:
        with desk.journal.read() as connection:
            person = whose(connection, ids).person
        names = set(person.values())
        stand = bought.filter(pl.col.user_id.is_in(names)).unique().collect()["user_id"]

        def how(name: str, stood: History) -> History:
            # After the row was read: who pushes meanwhile replaces it, and is looked for again.
            with desk.journal.read() as connection:
                waits = waiting_of(connection, {one for one, theirs in person.items() if theirs == name})
            return stood if waits else History.empty()

        return history_rows(settings, store).change(sorted(names - set(stand)), how)
