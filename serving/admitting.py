"""Events of people who were erased: what is stale is refused, what came later is nobody's (`people.tombstones`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from people.tombstones import Tombstone, verdict
from serving.events import Record, derived_id
from serving.wire_events import Rejected

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STALE = "/user_id: who this is about asked to be forgotten, and it happened before"


def living(
    records: Sequence[Record], stones: Mapping[str, Tombstone], places: Sequence[int]
) -> tuple[list[Record], list[Rejected]]:
    """(records that may go in, refusals). places: the index of each record in the request."""
    kept, refused = [], []
    for record, place in zip(records, places, strict=True):
        said = verdict(stones.get(record["user_id"] or ""), micros(datetime.fromisoformat(record["occurred_at"])))
        if said == "stale":
            refused.append(Rejected(place, "erased", STALE))
            continue
        kept.append(_unnamed(record) if said == "nobody" else record)
    return kept, refused


def micros(moment: datetime) -> int:
    """Whole microseconds from 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _unnamed(record: Record) -> Record:
    """The same act of nobody; an id that was made of what the event says is made anew, or it could be tried out."""
    nobody = {**record, "user_id": None}
    return {**nobody, "event_id": derived_id(nobody)} if record["event_id"] == derived_id(record) else nobody
