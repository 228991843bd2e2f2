"""Feedback re-enters at the top, by the same door as every file: what tills and apps sent, what was redeemed, what was shown."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feature_repo.events import EVENT_COLUMNS
from settings import Settings

if TYPE_CHECKING:
    from offers.desk import Desk
    from training.ingest import IngestReport

_BATCH = 10_000


def absorb_records(settings: Settings, desk: Desk, now: datetime) -> Iterator[IngestReport]:
    """Events accepted over HTTP, and the ledger's redemptions. Marked after the lake has them: a rerun repeats nothing."""
    from serving import inbox
    from serving.tables import prepare

    engine = desk.journal.engine
    prepare(engine)
    while accepted := inbox.pending(engine, _BATCH):
        yield _through_the_door(settings, [record for _, record in accepted], now)
        inbox.mark_absorbed(engine, [number for number, _ in accepted], now)
    while redeemed := desk.pending_events(_BATCH):
        yield _through_the_door(settings, [record for _, record in redeemed], now)
        desk.mark_sent([number for number, _ in redeemed], now)


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
