"""The wire of links between identities, the queue of those that contradict each other, and rulings on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from people.reason import MAX_WHY
from serving.wire import PRINTABLE, Ask, Id, Moment
from serving.wire_events import Rejected

MAX_LINKS = 100
MAX_PAGE = 1000

Why = Annotated[str, Meta(min_length=1, max_length=MAX_WHY, pattern=PRINTABLE)]


class LinkRow(Ask, frozen=True):
    """`identity` is this person's too: `card:…`, `phone:…`, `mail:…`, `app:…`, `device:…`, `receipt:store/order`, or an id.
    `evidence`: the session, event or ticket that shows it; the same link from the same evidence and moment counts once.
    It counts from when it came: what stands isn't undone by an older `occurred_at`."""

    identity: Id
    evidence: Id
    occurred_at: Moment


class LinksAsk(Ask, frozen=True):
    """Body of `POST /v1/users/{user_id}/links`; each link is judged alone."""

    links: Annotated[tuple[LinkRow, ...], Meta(min_length=1, max_length=MAX_LINKS)]


class LinkCard(Struct, frozen=True, kw_only=True):
    """How a link stands. `verdict`: `joined`, `rejected`, or why it waits for an operator: `two_users`, `two_apps`, `two_cards`,
    `claimed_twice`. `ruling`: the operator's word, `accepted`, `rejected` or empty."""

    number: int
    verdict: str
    ruling: str


class LinkTaken(LinkCard, frozen=True, kw_only=True):
    """A link that was taken, or had been before; `index`: its place in the request."""

    index: int


class LinksTaken(Struct, frozen=True, kw_only=True):
    """Answer of `POST /v1/users/{user_id}/links`. `user_id`: the name of the person now."""

    user_id: str
    accepted: int
    duplicates: int
    links: list[LinkTaken]
    rejected: list[Rejected]


class QueueQuery(Ask, frozen=True):
    """Query of `GET /v1/links/queue`: links with a number above `after`."""

    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 100


class WaitingLink(Struct, frozen=True, kw_only=True):
    """A link that contradicts what stands; its ends, as references, and whom each belongs to now."""

    number: int
    left: str
    right: str
    left_person: str
    right_person: str
    reason: str
    source: str
    evidence: str
    occurred_at: datetime


class LinkQueue(Struct, frozen=True, kw_only=True):
    """Links that wait, by number. `next_after`: ask on with it; null at the end."""

    links: list[WaitingLink]
    n_waiting: int
    next_after: int | None


class RulingAsk(Ask, frozen=True):
    """`accepted` merges, `rejected` splits, `none` takes a ruling back. `why` is kept for ever and names nobody."""

    ruling: Literal["accepted", "rejected", "none"]
    why: Why
