"""What the desk hears and says: values for the serving room, the till and the scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from offers.book import Line

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC) for year in (1990, 2200))
"""Moments outside are typing errors."""


@dataclass(frozen=True)
class Ask:
    """What a till or an app says about the basket. `order_id` is required except for validate.

    `till_time` (aware) is the moment the rules judge by; without it, our clock is. `lines` or `store_id` of None in a
    validate mean "not told" and are taken as right; in a hold or redeem they are refused. `own_store_id`: the one store
    that the caller acts for (None: any). `request_id` names the request and stays in a refusal's answer.

    Raises ValueError for a `till_time` without a zone, or at the calendar's ends, where times can't be added to.
    """

    store_id: str | None = None
    order_id: str | None = None
    lines: tuple[Line, ...] | None = None
    user_id: str | None = None
    till_time: datetime | None = None
    till_id: str | None = None
    actor: str = ""
    own_store_id: str | None = None
    request_id: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        at = self.till_time
        if at is not None and (at.utcoffset() is None or not EARLIEST.year <= at.year < LATEST.year):
            raise ValueError(f"till_time {at}: give a moment with its zone, from {EARLIEST.year} to {LATEST.year - 1}")


@dataclass(frozen=True)
class Answer:
    """`body` is JSON values only, and the same bytes on a replay when encoded by one encoder.

    ok: entry_id, kind, coupon_code, offer_id, order_id, product_id, store_id, discount_cents, currency, at; held_until (hold),
    token_id, valid_until and grace_s (token), units (reverse), points where they are given, reason (overpay; of a reverse
    "overpaid" where no budget had paid); times in RFC 3339. Not ok: reason (WIRE's list), detail, text {locale: words for the
    cashier}, paid_cents where this very order has the discount already, and the request_id told when it was first asked.
    """

    ok: bool
    body: Mapping[str, Any]
    replay: bool = False


@dataclass(frozen=True)
class Offer:
    """One timed coupon as the scheduler and the wallet see it; times are aware, in the store's zone. With `points` there is no
    discount."""

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
    text: Mapping[str, str]
    decision_id: str
    state: str
    min_quantity: int = 1
    points: int = 0


@dataclass(frozen=True)
class Page:
    """`cursor` is always given: it resumes after the last offer, also later, and finds offers issued meanwhile. The offers are
    nobody else's until `leased_until`."""

    offers: tuple[Offer, ...]
    cursor: str
    more: bool
    leased_until: datetime


class KeyReused(Exception):
    """The idempotency key was used before with another body (HTTP 409)."""


class KeyInFlight(Exception):
    """A call with this idempotency key is being carried out (HTTP 409): ask again in a moment."""


class CursorError(Exception):
    """The cursor isn't one of ours, or belongs to another window (HTTP 400)."""
