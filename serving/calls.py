"""The HTTP table: one row per call. Routes, scopes, limits and the OpenAPI document are all read from it."""

from __future__ import annotations

from serving import due, people, ranked, taken
from serving.asked import Call
from serving.coupon_calls import COUPON_CALLS
from serving.door import EVENTS_BODY
from serving.link_calls import LINK_CALLS
from serving.privacy_calls import PRIVACY_CALLS
from serving.wire import RecommendationAsk, Slate
from serving.wire_events import EventsAsk, EventsTaken
from serving.wire_offers import Acknowledged, CampaignCard, DueQuery, OffersDue, Person, Wallet

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
    *LINK_CALLS,
    *PRIVACY_CALLS,
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
    *COUPON_CALLS,
)
