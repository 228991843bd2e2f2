"""The HTTP table: one row per call. Routes, scopes, limits and the OpenAPI document are all read from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from serving import due, people, ranked, taken, till
from serving.asked import Asked, Call, Reply
from serving.door import EVENTS_BODY
from serving.wire import EventsAsk, EventsTaken, RecommendationAsk, Slate
from serving.wire_offers import Acknowledged, CampaignCard, DueQuery, OffersDue, Person, Wallet
from serving.wire_till import LedgerEntry, Quote, SaleAsk, UndoAsk, ValidateAsk


def _act(act: str, handler: Callable[[Asked], Awaitable[Reply]], body: Any, summary: str) -> Call:
    """A till's act that changes the ledger."""
    path = f"/v1/coupons/{{code}}/{act}"
    return Call(
        f"coupon_{act}", "POST", path, ("pos",), handler, LedgerEntry, summary, body=body, needs_key=True, refuses=True
    )


CALLS = (
    Call(
        name="recommendations",
        method="POST",
        path="/v1/recommendations",
        scopes=("app",),
        handler=ranked.recommendations,
        answer=Slate,
        summary="Products for a person, a store and a minute, best first",
        body=RecommendationAsk,
    ),
    Call(
        name="events",
        method="POST",
        path="/v1/events",
        scopes=("app", "pos"),
        handler=taken.events,
        answer=EventsTaken,
        summary="What happened: purchases, views and the like",
        status=202,
        body=EventsAsk,
        max_body=EVENTS_BODY,
    ),
    Call(
        name="offers_due",
        method="GET",
        path="/v1/offers/due",
        scopes=("scheduler",),
        handler=due.due,
        answer=OffersDue,
        summary="Timed coupons to send in a half-open window",
        query=DueQuery,
    ),
    Call(
        name="offer_delivered",
        method="POST",
        path="/v1/offers/{offer_id}/delivered",
        scopes=("scheduler",),
        handler=due.delivered,
        answer=Acknowledged,
        summary="Say that a push arrived; saying it again changes nothing",
        finds=True,
    ),
    Call(
        name="offer_failed",
        method="POST",
        path="/v1/offers/{offer_id}/failed",
        scopes=("scheduler",),
        handler=due.failed,
        answer=Acknowledged,
        summary="Say that a push did not arrive",
        finds=True,
    ),
    # An id may hold a slash, so the longer path stands first.
    Call(
        name="wallet",
        method="GET",
        path="/v1/users/{user_id:path}/offers",
        scopes=("app",),
        handler=due.wallet,
        answer=Wallet,
        summary="A person's open coupons",
    ),
    Call(
        name="user",
        method="GET",
        path="/v1/users/{user_id:path}",
        scopes=("admin",),
        handler=people.person,
        answer=Person,
        summary="What the online store knows of a person, in short",
        finds=True,
    ),
    Call(
        name="campaign",
        method="GET",
        path="/v1/campaigns/{campaign_id}",
        scopes=("analyst",),
        handler=people.campaign,
        answer=CampaignCard,
        summary="A campaign's budget and lift",
        finds=True,
    ),
    Call(
        name="coupon_validate",
        method="POST",
        path="/v1/coupons/{code}/validate",
        scopes=("pos", "app"),
        handler=till.validate,
        answer=Quote,
        summary="What redeeming would pay now; no effect",
        body=ValidateAsk,
        refuses=True,
    ),
    _act("hold", till.hold, SaleAsk, "Set the discount aside for an order"),
    _act("redeem", till.redeem, SaleAsk, "Pay the discount to an order, once"),
    _act("release", till.release, UndoAsk, "Let an order's hold go"),
    _act("reverse", till.reverse, UndoAsk, "Take back a redemption"),
)
