"""The wire: every request and answer of `/v1` as a struct. Validated once, here; `openapi.py` publishes the same structs.

Unknown members are refused: a mistyped `filter` that is silently ignored would show a person what they asked not to see.
The parts of an answer, dozens each, are left out of garbage collection (gc=False): they hold nothing that could hold them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from feature_repo.events import MAX_ID_LENGTH, MAX_PRICE_CENTS, MAX_QUANTITY, MAX_RATING

# Python and ECMA read this alike: no control character anywhere (a plain `$` would let a last newline through).
PRINTABLE = "^(?![\\s\\S]*[\\u0000-\\u001f\\u007f-\\u009f])"
MAX_LIMIT = 100
MAX_LISTED = 1000
MAX_EVENTS = 1000

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=PRINTABLE)]
# A header can't carry more than this unharmed.
HeaderKey = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern="^[!-~]+(?![\\s\\S])")]
Locale = Annotated[str, Meta(min_length=2, max_length=35, pattern="^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*(?![\\s\\S])")]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with offset")]
Cents = Annotated[int, Meta(ge=0, le=MAX_PRICE_CENTS)]
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Stars = Annotated[int, Meta(ge=1, le=MAX_RATING)]
Channel = Literal["app", "store", "delivery", "web"]


class Ask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of requests."""


class Context(Ask, frozen=True):
    """Where and when the person is. `local_time` defaults to now; `locale` to Accept-Language."""

    store_id: Id | None = None
    channel: Channel | None = None
    local_time: Moment | None = None
    locale: Locale | None = None
    cart: Annotated[tuple[Id, ...], Meta(max_length=MAX_LISTED)] = ()


class Filter(Ask, frozen=True):
    """What may be shown. `include`, if given, is all that may; `exclude` never is.

    `novelty` is the share of places for what the person never bought: 0 the usual alone, 1 nothing but new; without it the model
    decides.
    """

    include: Annotated[tuple[Id, ...], Meta(max_length=MAX_LISTED)] | None = None
    exclude: Annotated[tuple[Id, ...], Meta(max_length=MAX_LISTED)] = ()
    categories: Annotated[tuple[Id, ...], Meta(max_length=MAX_LISTED)] | None = None
    max_price_cents: Cents | None = None
    novelty: Annotated[float, Meta(ge=0, le=1)] | None = None


class RecommendationAsk(Ask, frozen=True):
    """Body of `POST /v1/recommendations`; `user_id` wins over `anonymous_id`, one of them is needed."""

    user_id: Id | None = None
    anonymous_id: Id | None = None
    placement: Id = "default"
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = 10
    context: Context = Context()
    filter: Filter = Filter()
    dry_run: bool = False


class Reason(Struct, frozen=True, gc=False):
    """Why a product is shown."""

    code: str
    detail: str


class ItemOffer(Struct, frozen=True, gc=False):
    """The person's open coupon on a product."""

    offer_id: str
    coupon_code: str
    discount_cents: int
    valid_from: datetime
    valid_until: datetime


class Item(Struct, frozen=True, kw_only=True, gc=False):
    """One product of a slate. `score` is the model's probability that the person takes it on the next visit."""

    product_id: str
    name: str
    rank: int
    score: float
    price_cents: int | None
    reasons: list[Reason]
    offer: ItemOffer | UnsetType = UNSET


class SlateMeta(Struct, frozen=True, kw_only=True, gc=False):
    """How an answer came about. `degraded`: a part that should have been asked could not be, or not in time.

    `fallback`, best first: `last_known` (what was read at most ten minutes ago, as nobody can be asked), `popularity` (of the
    store at that hour, as nobody can be asked and the person is not remembered), `global_popularity` (the same, for no store that
    we know), `cold_start` (nothing is known of the person). `feature_age_s`: since the person's features were known to be whole;
    null where none ranked, or where they were true later than now (features_ahead). `warnings`: unknown_store, no_assortment,
    stale_assortment, stale_features, features_ahead, history_incomplete, short_deadline (the caller had less time than asking
    takes), unknown_product, unknown_category, offers_unavailable, consent_unavailable, empty_list.
    """

    model_version: str
    feature_age_s: float | None
    degraded: bool
    fallback: str | None
    warnings: list[str]


class Slate(Struct, frozen=True, kw_only=True, gc=False):
    """Answer of `POST /v1/recommendations`, best first."""

    recommendation_id: str
    items: list[Item]
    meta: SlateMeta
