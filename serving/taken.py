"""`POST /v1/events`: judged one by one, durable before the 202, and in the person's history before the next question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET

from serving.admitting import living
from serving.asked import Asked, Reply
from serving.clocks import ahead, on_our_clock
from serving.events import Record, judge
from serving.inbox import CANCELS, RECENT, Arrived, content, recent, take
from serving.parts import Parts
from serving.troubles import of_ledger
from serving.wire_events import EventsTaken, Rejected

MOST_TOGETHER = 16
"""Requests whose events go in with one transaction."""
TAKEN = "conflicting_duplicate"
TAKEN_SAYS = "/event_id: another event was taken under it, and stays; send this one under an id of its own"


class Sent(NamedTuple):
    """What one request brought: the good records and where in it they stood, and what was refused."""

    asked: Asked
    good: Sequence[Record]
    places: Sequence[int]


class Took(NamedTuple):
    """What became of it."""

    n_fresh: int
    n_known: int
    refused: Sequence[Rejected]


async def events(asked: Asked) -> Reply:
    """Take what is good, name what is not."""
    good, bad = judge(asked.body.events, asked.now, asked.parts.persons.references, asked.key.store_id)
    faulty = {one.index for one in bad}
    places = [place for place in range(len(asked.body.events)) if place not in faulty]
    took = await of_ledger(asked.parts.intake.begin(Sent(asked, good, places)))
    rejected = sorted([*bad, *took.refused], key=lambda one: one.index)
    out = {one.index for one in took.refused}
    adjusted = [one for one in ahead(good, places, asked.now) if one.index not in out]
    counts = {"accepted": took.n_fresh, "duplicates": took.n_known}
    for outcome, n in {**counts, "rejected": len(rejected), "clock_ahead": len(adjusted)}.items():
        asked.parts.metrics.events.labels(outcome).inc(n)
    return Reply(EventsTaken(**counts, rejected=rejected, adjusted=adjusted or UNSET))


def take_together(requests: Sequence[Sent]) -> list[Took]:
    """Take the events of some requests, one after the other, in one transaction, and show the new ones. Blocking."""
    parts = requests[0].asked.parts
    stones = parts.standing.erased({r["user_id"] for sent in requests for r in sent.good if r["user_id"]})
    admitted, told = [], list[Record]()
    for sent in requests:
        records, stale = living(sent.good, stones, sent.places)
        # Of what was told: on our clock the same event says another moment each time it is sent.
        told += records
        admitted.append((on_our_clock(records, sent.asked.now), stale))
    every = [one for records, _ in admitted for one in records]
    arrived = _take(parts, told, every, requests[0].asked.now)
    show(parts, arrived.fresh)
    return [_took(sent, records, stale, arrived) for sent, (records, stale) in zip(requests, admitted, strict=True)]


def _take(parts: Parts, told: Sequence[Record], every: Sequence[Record], now: datetime) -> Arrived:
    """Into the inbox goes what the lake doesn't hold: what stands there already is a repeat, or clashes."""
    filed = parts.filed.judge(parts.engine, told)
    left = [place for place in range(len(every)) if place not in filed.same and place not in filed.other]
    said = [content(told[place]) for place in left]
    arrived = take(parts.engine, [every[place] for place in left], now, said)
    return Arrived(arrived.fresh, [*arrived.clashing, *(every[place] for place in sorted(filed.other))])


def _took(sent: Sent, records: Sequence[Record], stale: Sequence[Rejected], arrived: Arrived) -> Took:
    fresh, clashing = ({id(one) for one in some} for some in arrived)
    faulty = {one.index for one in stale}
    places = [place for place in sent.places if place not in faulty]
    taken = [
        Rejected(place, TAKEN, TAKEN_SAYS) for place, one in zip(places, records, strict=True) if id(one) in clashing
    ]
    n_fresh = sum(id(one) in fresh for one in records)
    return Took(n_fresh, len(records) - n_fresh - len(taken), [*stale, *taken])


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


def show_again(parts: Parts, since: datetime | None = None) -> None:
    """Show what was taken since (in the last minutes), and may have been lost on its way by a process that was killed or with an
    online store that was away or had not saved itself. What a history has already changes nothing there; a purchase that may
    have been taken back meanwhile would, so it is left to who reckons those (`river.keeping`), as it was when it came."""
    records = recent(parts.engine, parts.clock() - RECENT if since is None else since)
    spoken = {key for record in records if record["event_type"] in CANCELS for key in _spoken_of(record)}
    show(parts, [record for record in records if spoken.isdisjoint(_spoken_of(record))])


def _spoken_of(record: Record) -> set[tuple[str, str, str]]:
    """By what a refund or void may mean a purchase: the order and the product, or the person and the product."""
    named = ((name, record[name], record["product_id"]) for name in ("order_id", "user_id"))
    return {one for one in named if one[1] is not None}
