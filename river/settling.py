"""What the lake must know of people to read its events by: written beside them from the registry, whole, each time anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk


def settle_files(settings: Settings, desk: Desk) -> None:
    """Write beside the lake's events who is who, who was erased, who may be measured by, and which events it holds.
    Raises LedgerError, DataError."""
    from people.consent import spoken
    from people.directory import resolved
    from people.tombstones import every
    from river.persons import settle_persons
    from training.filed import write_filed
    from training.measured import write_measurement
    from training.parts import locked
    from training.tombstones import write_tombstones

    settle_persons(settings, desk)
    with desk.journal.read() as connection:
        stones, words = every(connection), spoken(connection, resolved(connection), "measurement")
    with locked(settings.lake):
        write_tombstones(settings.lake, stones)
        write_measurement(settings.lake, words)
        write_filed(settings.lake)
