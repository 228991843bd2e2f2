"""`POST /v1/events`: judged one by one, durable before the 202, and in the person's history before the next question."""

from __future__ import annotations

from serving.asked import Asked, Reply
from serving.events import judge
from serving.inbox import take
from serving.wire import EventsTaken


async def events(asked: Asked) -> Reply:
    """Take what is good, name what is not."""
    records, rejected = judge(asked.body.events, asked.now, asked.key.store_id)
    fresh = await asked.begin(take, asked.parts.engine, records, asked.now)
    await asked.begin(asked.parts.visits.add, fresh)
    taken = EventsTaken(accepted=len(fresh), duplicates=len(records) - len(fresh), rejected=rejected)
    for outcome in ("accepted", "duplicates"):
        asked.parts.metrics.events.labels(outcome).inc(getattr(taken, outcome))
    asked.parts.metrics.events.labels("rejected").inc(len(rejected))
    return Reply(taken)
