"""The wire of the push scheduler, wallets, people and campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from serving.wire import Ask, Moment
from serving.wire_privacy import Allowed

MAX_PAGE = 1000


class DueQuery(Ask, frozen=True, rename={"from_": "from"}):
    """Query of `GET /v1/offers/due`: the half-open window of `send_at`."""

    from_: Moment
    to: Moment
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(min_length=1, max_length=512)] | None = None


class OfferCard(Struct, frozen=True, kw_only=True):
    """One timed coupon. Times carry the store's offset; `text` is ready to send, by locale. It needs `min_quantity` units of the
    product in the basket; with `points` the customer gets those and no discount."""

    offer_id: str
    coupon_code: str
    campaign_id: str
    user_id: str | None
    product_id: str
    store_id: str
    discount_cents: int
    price_cents: int
    currency: str
    send_at: datetime
    valid_from: datetime
    valid_until: datetime
    text: dict[str, str]
    decision_id: str
    state: str
    min_quantity: int
    points: int


class OffersDue(Struct, frozen=True, kw_only=True):
    """A page. `next_cursor` always resumes after it, also later; `more` says whether to ask again at once. No other key gets
    these offers before `leased_until`; acknowledge by then."""

    offers: list[OfferCard]
    next_cursor: str
    more: bool
    leased_until: datetime


class Wallet(Struct, frozen=True, kw_only=True):
    """A person's open coupons."""

    user_id: str
    offers: list[OfferCard]


class Acknowledged(Struct, frozen=True, kw_only=True):
    """The delivery state of an offer; `delivered` wins over `failed` whatever comes first."""

    offer_id: str
    delivery: str


class Person(Struct, frozen=True, kw_only=True):
    """What is known of a person, in short. `profile`: the features of the views `user_profile`, `user_portrait` and
    `user_reviews` by name, as known at `profile_as_of`; null for one without a value. The history, `n_visits` to
    `latest_product_ids`, has every purchase until `features_as_of`. `identities`: how many they are known by, by kind; `user`
    are ids of the merchant's own. `said`: purposes on which they said a word; on the others the default goes."""

    user_id: str
    profile: dict[str, str | int | float | list[str | float] | None]
    profile_as_of: datetime | None
    n_visits: int
    n_products: int
    favourite_product_ids: list[str]
    latest_product_ids: list[str]
    features_as_of: datetime | None
    n_open_offers: int
    identities: dict[str, int]
    allowed: Allowed
    said: list[str]


class Budget(Struct, frozen=True, kw_only=True):
    """A campaign's money in cents: `held` by live holds, `promised` is the expected cost of open coupons, `overspend` what the
    policy `honour` may pay above the grant and `overspent` what it has, `overpaid` what tills without network paid unowed."""

    granted_cents: int
    reserve_cents: int
    held_cents: int
    promised_cents: int
    spent_cents: int
    forecast_cents: int
    overspend_cents: int
    overspent_cents: int
    overpaid_cents: int


class LiftCard(Struct, frozen=True, kw_only=True):
    """What the campaign earns: margin after discounts, cents a person, everybody decided against those held out, from their first
    decision until `through`. `low` and `high`: the 95% interval for one look; `always_low` and `always_high`: for every look, by
    which `verdict` (gain, loss, unclear) is given. `relative`: to what the held-out bring. `return_on_spend`: margin before
    discounts for each cent of discount, 1 breaks even. `smallest_effect_cents`: what this sample can show."""

    through: datetime
    lift_cents: float
    low_cents: float
    high_cents: float
    always_low_cents: float | None
    always_high_cents: float | None
    verdict: str
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    smallest_effect_cents: float
    return_on_spend: float | None
    n_treated: int
    n_holdout: int


class CampaignCard(Struct, frozen=True, kw_only=True):
    """A campaign. Counts are told in full tens; those of fewer than ten, and all of a campaign for fewer than ten people, are
    null and `counts_hidden` says so. `lift` is null, with the reason beside it, until it can be concluded from the holdout."""

    campaign_id: str
    budget: Budget
    n_issued: int | None
    n_redeemed: int | None
    n_holdout: int | None
    counts_hidden: str | None
    stopped: bool
    lift: LiftCard | None
    lift_unavailable: str | None
