"""The rows of the HTTP table about who is who."""

from __future__ import annotations

from serving import links
from serving.asked import Call
from serving.wire_links import LinkCard, LinkQueue, LinksAsk, LinksTaken, QueueQuery, RulingAsk

LINK_CALLS = (
    Call(
        name="user_links",
        method="POST",
        path="/v1/users/{user_id:path}/links",
        scopes=("app", "admin"),
        handler=links.links,
        answer=LinksTaken,
        summary="Say what else a person is known by: a card, a phone, a device, a receipt of theirs",
        body=LinksAsk,
    ),
    Call(
        name="links_queue",
        method="GET",
        path="/v1/links/queue",
        scopes=("admin",),
        handler=links.waiting,
        answer=LinkQueue,
        summary="Links that contradict what stands and wait for a ruling",
        query=QueueQuery,
    ),
    Call(
        name="link_ruling",
        method="POST",
        path="/v1/links/{number}/ruling",
        scopes=("admin",),
        handler=links.ruling,
        answer=LinkCard,
        summary="An operator's word on a link; it merges, splits, or takes a ruling back",
        body=RulingAsk,
        finds=True,
    ),
)
