"""Feedback re-enters at the top, by the same door as every file: what tills and apps sent, what was redeemed, what was shown."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feature_repo.events import EVENT_COLUMNS
from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk
    from training.ingest import IngestReport

_BATCH = 10_000
QUARANTINE = "quarantine"


def absorb_records(
    settings: Settings,
    desk: Desk,
    now: datetime,
    waiting: Counter[str] | None = None,
    refused: set[str] | None = None,
) -> Iterator[IngestReport]:
    """Events accepted over HTTP, and the ledger's redemptions. Marked after the lake has them: a rerun repeats nothing.

    An event of a product or store that the lake doesn't know yet stays in the inbox until a run finds it known: what was accepted
    isn't lost because a table came late. waiting: counts them, by what is unknown. refused: gets the ids of those of whom the
    lake may have refused an event that was pushed (all of a batch where it refused any).
    """
    from serving import inbox
    from serving.tables import prepare

    engine, waiting = desk.journal.engine, Counter() if waiting is None else waiting
    prepare(engine)
    known, last = _known(settings), 0
    while accepted := inbox.pending(engine, _BATCH, last):
        last, ready = accepted[-1][0], []
        for number, record in accepted:
            strange = [
                column for column, ids in known.items() if record[column] is not None and record[column] not in ids
            ]
            waiting.update(f"unknown_{column.removesuffix('_id')}" for column in strange[:1])
            if not strange:
                ready.append((number, record))
        if ready:
            taken = _through_the_door(settings, [record for _, record in ready], now)
            yield taken
            inbox.mark_absorbed(engine, [number for number, _ in ready], now)
            if taken.quarantined:
                _tell_refused(settings, [record for _, record in ready], set() if refused is None else refused)
    while redeemed := desk.pending_events(_BATCH):
        yield _through_the_door(settings, [record for _, record in redeemed], now)
        desk.mark_sent([number for number, _ in redeemed], now)


def _tell_refused(settings: Settings, records: Collection[Mapping[str, Any]], refused: set[str]) -> None:
    # Who follows the lake sees by it that what waited no longer does, though no part was written.
    os.utime(settings.lake / QUARANTINE)
    refused |= {record["user_id"] for record in records if record["user_id"]}


def _known(settings: Settings) -> dict[str, frozenset[str]]:
    """Ids that events may name, by column, of the tables that the lake has."""
    from training.ingest import NAMED
    from training.lake import has_table, read_table

    tables = {column: table for column, table in NAMED.items() if has_table(settings.lake, table)}
    return {column: frozenset(read_table(settings.lake, table)[column]) for column, table in tables.items()}


def _through_the_door(settings: Settings, records: Sequence[Mapping[str, Any]], now: datetime) -> IngestReport:
    """Records enter the lake as every file does, judged by the same rules. Their file is its owner's alone; one that a killed
    process left is dropped by `river.leftovers`."""
    from training.ingest import ingest

    file = settings.home / "inbox" / f"records-{os.getpid()}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(file, "w", encoding="utf-8", newline="", opener=_private) as stream:
            rows = csv.DictWriter(stream, [column.name for column in EVENT_COLUMNS], extrasaction="ignore")
            rows.writeheader()
            rows.writerows(records)
        return ingest(settings.lake, events=file, now=now, secret=settings.identity_secret)[0]
    finally:
        file.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def absorb_impressions(settings: Settings, now: datetime) -> Iterator[IngestReport]:
    """Files of shown products that the service finished; each is deleted once the lake has it."""
    from serving.impressions import finished
    from training.ingest import ingest

    for file in finished(settings.home):
        yield ingest(settings.lake, events=file, now=now, secret=settings.identity_secret)[0]
        file.unlink()
