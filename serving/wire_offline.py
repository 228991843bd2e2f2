"""The wire of tills without network: signed tokens, leases, and what was paid meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from feature_repo.events import MAX_PRICE_CENTS
from serving.wire import Ask, Id, Moment
from serving.wire_till import Lines

MAX_SALES = 1000
SignedText = Annotated[str, Meta(min_length=1, max_length=4096)]
LeaseCents = Annotated[int, Meta(ge=1, le=MAX_PRICE_CENTS)]


class TokenAsk(Ask, frozen=True):
    """Body of `token`. A store that is told must be the coupon's."""

    store_id: Id | None = None
    user_id: Id | None = None


class TokenCard(Struct, frozen=True, kw_only=True):
    """A signed token (JWT, EdDSA) that the coupon's store can check and redeem without network, in [valid_from, valid_until)."""

    token: str
    token_id: str
    offer_id: str
    store_id: str
    valid_until: datetime


class LeaseAsk(Ask, frozen=True):
    """Body of `lease`: how much one till wants to be able to pay without network."""

    till_id: Id
    cents: LeaseCents


class LeaseCard(Struct, frozen=True, kw_only=True):
    """`allowance`: the signed lease (JWT, EdDSA), for the till to keep to."""

    allowance: str
    lease_id: str
    cents: int
    expires_at: datetime


class OfflineSale(Ask, frozen=True):
    """One coupon paid without network: the token that was shown, the order, the till's moment and the basket."""

    token: SignedText
    order_id: Id
    till_id: Id
    till_time: Moment
    lines: Lines


class SettleAsk(Ask, frozen=True):
    """Body of `settle`. Sales settled before are recognised, so a till sends all it isn't sure of. `lease_id`: under which they
    were paid; an unknown one is refused and nothing is booked, so send the same with the right one. Without it all is booked,
    but an overrun of the lease can't be seen. `closed_by`, the till whose lease it is, ends the lease."""

    sales: Annotated[tuple[OfflineSale, ...], Meta(max_length=MAX_SALES)]
    lease_id: Id | None = None
    closed_by: Id | None = None


class SettledSale(Struct, frozen=True, kw_only=True):
    """`outcome`: redeem, overpay (paid, and no budget owes it; `reason` says why), known, rejected (nothing is booked)."""

    order_id: str
    outcome: str
    discount_cents: int
    entry_id: str | None
    reason: str | None
    detail: str | None


class SettledSales(Struct, frozen=True, kw_only=True):
    """One outcome a sale, in the order they were sent."""

    sales: list[SettledSale]


class SigningKeys(Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517) of the public keys that tills check tokens and leases with."""

    keys: list[dict[str, Any]]
