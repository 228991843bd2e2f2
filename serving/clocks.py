"""Clocks of tills and phones that run ahead. Nothing has happened after we heard of it: an event told to lie further ahead than
clocks differ that somebody sets (`MAX_SKEW`) is taken as of the moment it came, and whoever sent it is told.

Left as told it would stand in a person's history with a day to come: their true purchases would count as past ones till then,
and Redis would drop what features runs reckon. What is told to lie in the past is taken as told, however far: tills without
network send late, and nobody can tell a late batch from a slow clock. What lies over `feature_repo.events.MAX_AHEAD` ahead is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from feature_repo.events import MAX_SKEW
from serving.events import Record
from serving.wire_events import Adjusted

CODE = "clock_ahead"


def ahead(records: Sequence[Record], places: Sequence[int], now: datetime) -> list[Adjusted]:
    """Word for the sender on each record that is taken as of `now`. places: where in the request each record stood."""
    latest, detail = (
        _latest(now),
        f"/occurred_at: over {MAX_SKEW.seconds // 60} minutes ahead of our clock; taken as of now",
    )
    return [
        Adjusted(place, CODE, detail)
        for record, place in zip(records, places, strict=True)
        if _is_ahead(record, latest)
    ]


def on_our_clock(records: Sequence[Record], now: datetime) -> list[Record]:
    """The records as they are taken in. Their ids stay, so that sending one again is a repeat."""
    latest, moment = _latest(now), now.astimezone(UTC).isoformat()
    return [{**record, "occurred_at": moment} if _is_ahead(record, latest) else record for record in records]


def _latest(now: datetime) -> str:
    return (now + MAX_SKEW).astimezone(UTC).isoformat()


def _is_ahead(record: Record, latest: str) -> bool:
    # Texts of one form, in UTC: they sort as their moments do, with fractions of a second (`.` after `+`) too.
    return bool(record["occurred_at"] > latest)
