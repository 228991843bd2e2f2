"""Whose a ticket is by what waits for the lake: who shows the receipt of a purchase that names somebody else contradicts it, and
waits. What the lake holds already is laid beside claims by `daypart features` (`river/contesting.py`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, or_, select

from people.evidence import Link, link
from people.numbering import Ticket
from people.telling import micros
from serving.tables import EVENT_INBOX

_encode = msgspec.json.Encoder().encode


def owners(connection: Connection, tickets: Mapping[str, Ticket], theirs: Collection[str]) -> list[Link]:
    """Evidence that a ticket is somebody's who isn't among `theirs`, from purchases not absorbed yet. tickets: by reference."""
    if not tickets:
        return []
    waits = EVENT_INBOX.c.absorbed_ms.is_(None)
    texts = {_encode(one.order_id).decode() for one in tickets.values()}
    holds = or_(*(EVENT_INBOX.c.body.contains(text, autoescape=True) for text in sorted(texts)))
    reference_of, found = {tuple(ticket): reference for reference, ticket in tickets.items()}, []
    for body in connection.execute(select(EVENT_INBOX.c.body).where(waits & holds)).scalars():
        event = msgspec.json.decode(body)
        reference = reference_of.get((event["store_id"], event["order_id"]))
        owner = event["user_id"]
        if reference and owner and owner not in theirs and event["event_type"] == "purchase":
            seen = micros(datetime.fromisoformat(event["occurred_at"]))
            found.append(link(reference, owner, "event", event["event_id"], seen))
    return found
