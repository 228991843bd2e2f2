"""`POST /v1/events`: judged one by one, durable before the 202, and in the person's history before the next question."""

from __future__ import annotations

from collections.abc import Sequence

from serving.asked import Asked, Reply
from serving.events import Record, judge
from serving.inbox import take
from serving.wire import EventsTaken


async def events(asked: Asked) -> Reply:
    """Take what is good, name what is not."""
    persons = asked.parts.persons
    records, rejected = judge(asked.body.events, asked.now, persons.references, asked.key.store_id)
    fresh = await asked.begin(take, asked.parts.engine, records, asked.now)
    await asked.begin(_remember, asked, fresh)
    taken = EventsTaken(accepted=len(fresh), duplicates=len(records) - len(fresh), rejected=rejected)
    for outcome in ("accepted", "duplicates"):
        asked.parts.metrics.events.labels(outcome).inc(getattr(taken, outcome))
    asked.parts.metrics.events.labels("rejected").inc(len(rejected))
    return Reply(taken)


def _remember(asked: Asked, fresh: Sequence[Record]) -> None:
    """Into the history of the person, whatever the id under which an event came."""
    names = asked.parts.persons.names
    named = [
        record if (told := record["user_id"]) is None else {**record, "user_id": names(told)[0]} for record in fresh
    ]
    asked.parts.visits.add(named)
