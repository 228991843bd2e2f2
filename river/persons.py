"""Who is who, for the offline verbs: what the registry knows goes beside the lake's events, and features follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk


def settle_persons(settings: Settings, desk: Desk) -> None:
    """Write who is who beside the lake's events, as the registry knows it. Raises LedgerError, DataError."""
    from people.directory import claimed, resolved
    from training.parts import locked
    from training.persons import write_persons

    with desk.journal.read() as connection:
        people, tickets = resolved(connection), claimed(connection)
    with locked(settings.lake):
        write_persons(settings.lake, people, tickets)


def forget_aliases(settings: Settings) -> int:
    """Take features out that stand under an id which is somebody's and not their name; how many ids there are."""
    from embedded import lease_online_store
    from training.feast_store import open_store, remove
    from training.persons import aliases
    from training.snapshots import VIEWS, without

    gone = aliases(settings.lake)
    if gone:
        for view in (view for view, key in VIEWS.items() if key == "user_id"):
            without(settings.features / f"{view}.parquet", "user_id", gone)
        with lease_online_store(settings) as online:
            remove(open_store(settings, online), online, "user_id", gone)
    return len(gone)
