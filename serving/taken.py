"""`POST /v1/events`: judged one by one, durable before the 202, and in the person's history before the next question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from serving.admitting import living
from serving.asked import Asked, Reply
from serving.clocks import ahead, on_our_clock
from serving.events import Record, judge
from serving.inbox import recent, take
from serving.parts import Parts
from serving.wire_events import EventsTaken, Rejected

MOST_TOGETHER = 16
"""Requests whose events go in with one transaction."""


class Sent(NamedTuple):
    """What one request brought: the good records and where in it they stood, and what was refused."""

    asked: Asked
    good: Sequence[Record]
    places: Sequence[int]


class Took(NamedTuple):
    """What became of it."""

    n_fresh: int
    n_known: int
    stale: Sequence[Rejected]


async def events(asked: Asked) -> Reply:
    """Take what is good, name what is not."""
    good, bad = judge(asked.body.events, asked.now, asked.parts.persons.references, asked.key.store_id)
    faulty = {one.index for one in bad}
    places = [place for place in range(len(asked.body.events)) if place not in faulty]
    took = await asked.parts.intake.begin(Sent(asked, good, places))
    rejected = sorted([*bad, *took.stale], key=lambda one: one.index)
    adjusted = ahead(good, places, asked.now)
    counts = {"accepted": took.n_fresh, "duplicates": took.n_known}
    for outcome, n in {**counts, "rejected": len(rejected), "clock_ahead": len(adjusted)}.items():
        asked.parts.metrics.events.labels(outcome).inc(n)
    return Reply(EventsTaken(**counts, rejected=rejected, adjusted=adjusted or UNSET))


def take_together(requests: Sequence[Sent]) -> list[Took]:
    """Take the events of some requests, one after the other, in one transaction, and show the new ones. Blocking."""
    parts = requests[0].asked.parts
    stones = parts.standing.erased({r["user_id"] for sent in requests for r in sent.good if r["user_id"]})
    admitted = []
    for sent in requests:
        records, stale = living(sent.good, stones, sent.places)
        admitted.append((on_our_clock(records, sent.asked.now), stale))
    fresh = take(parts.engine, [record for records, _ in admitted for record in records], requests[0].asked.now)
    show(parts, fresh)
    new = {id(record) for record in fresh}
    counts = [sum(id(record) in new for record in records) for records, _ in admitted]
    return [Took(n, len(records) - n, stale) for n, (records, stale) in zip(counts, admitted, strict=True)]


def show(parts: Parts, records: Sequence[Record]) -> None:
    """Add purchases to the histories of those who made them. Blocking, raises LedgerError."""
    theirs = [record for record in records if record["event_type"] == "purchase" and record["user_id"] is not None]
    named = [{**record, "user_id": parts.persons.names(record["user_id"])[0]} for record in theirs]
    if not named:
        return
    parts.visits.add(named)
    # Who was erased since they were asked about must not come back by what was pushed meanwhile.
    late = parts.standing.erased({record["user_id"] for record in named})
    if gone := [user for user, stone in late.items() if stone.returned_us is None]:
        parts.standing.forget(gone)


def show_again(parts: Parts) -> None:
    """Show what was taken last, and may have been lost on its way by a process that was killed or with an online store that had
    not saved itself. What a history has already changes nothing there."""
    show(parts, recent(parts.engine, parts.clock()))
