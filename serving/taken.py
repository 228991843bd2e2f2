"""`POST /v1/events`: judged one by one, durable before the 202, and in the person's history before the next question."""

from __future__ import annotations

from collections.abc import Sequence

from serving.admitting import living
from serving.asked import Asked, Reply
from serving.events import Record, judge
from serving.inbox import take
from serving.wire import EventsTaken, Rejected


async def events(asked: Asked) -> Reply:
    """Take what is good, name what is not."""
    persons = asked.parts.persons
    good, bad = judge(asked.body.events, asked.now, persons.references, asked.key.store_id)
    fresh, n_good, stale = await asked.begin(_take, asked, good, bad)
    rejected = sorted([*bad, *stale], key=lambda one: one.index)
    taken = EventsTaken(accepted=len(fresh), duplicates=n_good - len(fresh), rejected=rejected)
    for outcome in ("accepted", "duplicates"):
        asked.parts.metrics.events.labels(outcome).inc(getattr(taken, outcome))
    asked.parts.metrics.events.labels("rejected").inc(len(rejected))
    return Reply(taken)


def _take(asked: Asked, good: Sequence[Record], bad: Sequence[Rejected]) -> tuple[list[Record], int, list[Rejected]]:
    """(records that were new, how many were good, those of people who were erased); the new ones are in their histories."""
    parts, faulty = asked.parts, {one.index for one in bad}
    places = [place for place in range(len(asked.body.events)) if place not in faulty]
    stones = parts.standing.erased({record["user_id"] for record in good if record["user_id"]})
    living_ones, stale = living(good, stones, places)
    fresh = take(parts.engine, living_ones, asked.now)
    named = [
        record if (told := record["user_id"]) is None else {**record, "user_id": parts.persons.names(told)[0]}
        for record in fresh
    ]
    if parts.visits.add(named):
        # Who was erased since they were asked about must not come back by what was pushed meanwhile.
        late = parts.standing.erased({record["user_id"] for record in named if record["user_id"]})
        if gone := [user for user, stone in late.items() if stone.returned_us is None]:
            parts.standing.forget(gone)
    return fresh, len(living_ones), stale
