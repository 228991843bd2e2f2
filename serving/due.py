"""Timed coupons for those who bring them to people: the push scheduler's pull and acknowledgements, the app's wallet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec.structs import fields

from offers.answers import CursorError, Offer
from serving.asked import Asked, Reply, plausible
from serving.identified import allowed_of, names, wallet_of
from serving.problems import malformed, not_found
from serving.wire_offers import Acknowledged, DueQuery, OfferCard, OffersDue, Wallet

_CARD = tuple(field.name for field in fields(OfferCard))


async def due(asked: Asked) -> Reply:
    """Offers whose `send_at` falls in the half-open window, page by page."""
    query: DueQuery = asked.query
    start, end = plausible(query.from_, "query/from"), plausible(query.to, "query/to")
    if start >= end:
        raise malformed("query/to: not after from; the window is half-open", "query/to", "empty_window")
    try:
        desk, scheduler = asked.parts.desk, asked.key.holder
        page = await asked.begin(desk.due, start, end, query.limit, query.cursor, asked.now, scheduler)
    except CursorError as error:
        raise malformed(f"query/cursor: {error}", "query/cursor", "bad_cursor") from None
    cards = [card(offer) for offer in await _wanted(asked, page.offers)]
    return Reply(OffersDue(offers=cards, next_cursor=page.cursor, more=page.more, leased_until=page.leased_until))


async def _wanted(asked: Asked, offers: Sequence[Offer]) -> list[Offer]:
    """Those whose person allows offers: the word may have been said under an id that was linked after it was issued. The rest
    waits for the next `daypart features`, which withdraws it."""
    ids = {offer.user_id for offer in offers if offer.user_id is not None}
    willing = await asked.begin(asked.parts.standing.willing, ids, "offers") if ids else ()
    return [offer for offer in offers if offer.user_id is None or offer.user_id in willing]


async def delivered(asked: Asked) -> Reply:
    """The push reached the person."""
    return await _acknowledge(asked, "delivered")


async def failed(asked: Asked) -> Reply:
    """The push did not reach the person."""
    return await _acknowledge(asked, "failed")


async def wallet(asked: Asked) -> Reply:
    """A person's open coupons; nobody we know has none, nor has who said no to offers, under whatever id."""
    theirs = await names(asked, asked.path["user_id"])
    offers = await wallet_of(asked, theirs)
    if offers and "offers" not in await allowed_of(asked, theirs):
        offers = []
    return Reply(Wallet(user_id=theirs[0], offers=[card(offer) for offer in offers]))


async def _acknowledge(asked: Asked, outcome: Literal["delivered", "failed"]) -> Reply:
    offer_id = asked.path["offer_id"]
    state = await asked.begin(asked.parts.desk.acknowledge, offer_id, outcome, asked.now)
    if state is None:
        raise not_found("unknown_offer", "no offer has this id")
    return Reply(Acknowledged(offer_id=offer_id, delivery=state))


def card(offer: Offer) -> OfferCard:
    """The offer as the wire shows it."""
    values: dict[str, Any] = {name: getattr(offer, name) for name in _CARD}
    return OfferCard(**{**values, "text": dict(offer.text)})
