"""What a signed token says: two values, and how each field of theirs stands among a token's claims.

Claims have RFC 7519's short names where it gives one. Times are whole seconds since 1970, money whole cents. Nobody is
named: whoever photographs a coupon's square learns a product, a store and a price.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from offers.claim_forms import BEGIN, CODE, END, GRACE, PAID, PRICE, TEXT, Form

T = TypeVar("T")


class TokenError(Exception):
    """A token or a set of keys can't be used. The message says what, where and what to do, and never holds the token."""


@dataclass(frozen=True)
class CouponToken:
    """One coupon of one store, to be paid without network; valid in [valid_from, valid_until), for a till's queue `grace_s`
    seconds more. `code` is canonical."""

    token_id: str
    code: str
    offer_id: str
    campaign_id: str
    store_id: str
    product_id: str
    discount_cents: int
    price_cents: int
    floor_cents: int
    valid_from: datetime
    valid_until: datetime
    issued_at: datetime
    grace_s: int = 0


@dataclass(frozen=True)
class Allowance:
    """What one till may pay without network, in cents, in [issued_at, expires_at)."""

    lease_id: str
    store_id: str
    till_id: str
    cents: int
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind of token: its `typ` header, its words in messages, its value, and a claim and form for every field."""

    typ: str
    name: str
    value: Callable[..., T]
    claims: Mapping[str, tuple[str, Form]]
    window: tuple[str, str]

    @property
    def defaults(self) -> dict[str, Any]:
        """Fields whose claim may be missing, and what that means."""
        known = getattr(self.value, "__dataclass_fields__", {})
        return {name: field.default for name, field in known.items() if field.default is not MISSING}


def claims_of(kind: Kind[T], value: T) -> dict[str, Any]:
    """The claims of a value. Raises TokenError on what a reader would refuse: none such is ever signed."""
    try:
        told = {field: getattr(value, field) for field in kind.claims}
        # What a till that isn't up to date wouldn't know is told only where it says something.
        told = {field: one for field, one in told.items() if one != kind.defaults.get(field, MISSING)}
        claims = {kind.claims[field][0]: kind.claims[field][1].write(one) for field, one in told.items()}
    except TypeError:
        raise TokenError(f"{kind.name}: a time has no zone; give aware moments") from None
    value_of(kind, claims)
    return claims


def value_of(kind: Kind[T], claims: Mapping[str, Any]) -> T:
    """The value behind claims. Raises TokenError unless each that must be is there, of its type and range, and no other is.

    Unknown claims are refused, not skipped: one that comes later may narrow what the token is good for.
    """
    given: dict[str, Any] = {}
    for field, (claim, form) in kind.claims.items():
        if claim not in claims and field in kind.defaults:
            continue
        if claim not in claims:
            raise TokenError(f"{kind.name}: claim {claim!r} is missing; ask for a new one")
        try:
            given[field] = form.read(claims[claim])
        except ValueError as error:
            raise TokenError(f"{kind.name}: claim {claim!r} isn't {error}; ask for a new one") from None
    if len(claims) > len(given):
        raise TokenError(f"{kind.name}: has a claim this version doesn't know; update the till")
    begins, ends = kind.window
    if given[begins] >= given[ends]:
        raise TokenError(f"{kind.name}: ends before it begins; ask for a new one")
    return kind.value(**given)


COUPON = Kind(
    "daypart-coupon+jwt",
    "coupon token",
    CouponToken,
    {
        "token_id": ("jti", TEXT),
        "code": ("code", CODE),
        "offer_id": ("offer_id", TEXT),
        "campaign_id": ("campaign_id", TEXT),
        "store_id": ("aud", TEXT),
        "product_id": ("product_id", TEXT),
        "discount_cents": ("discount_cents", PAID),
        "price_cents": ("price_cents", PRICE),
        "floor_cents": ("floor_cents", PRICE),
        "valid_from": ("nbf", BEGIN),
        "valid_until": ("exp", END),
        "issued_at": ("iat", END),
        "grace_s": ("grace_s", GRACE),
    },
    ("valid_from", "valid_until"),
)
ALLOWANCE = Kind(
    "daypart-allowance+jwt",
    "allowance token",
    Allowance,
    {
        "lease_id": ("jti", TEXT),
        "store_id": ("aud", TEXT),
        "till_id": ("till_id", TEXT),
        "cents": ("cents", PAID),
        "issued_at": ("iat", END),
        "expires_at": ("exp", END),
    },
    ("issued_at", "expires_at"),
)
