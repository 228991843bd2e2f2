"""The rows of the HTTP table that tills use: a coupon at the till, and tills without network."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from serving import offline, till
from serving.asked import Asked, Call, Reply
from serving.door import EVENTS_BODY
from serving.wire_offline import LeaseAsk, LeaseCard, SettleAsk, SettledSales, SigningKeys, TokenAsk, TokenCard
from serving.wire_till import LedgerEntry, Quote, SaleAsk, UndoAsk, ValidateAsk


def _act(act: str, handler: Callable[[Asked], Awaitable[Reply]], body: Any, summary: str) -> Call:
    """A till's act that changes the ledger."""
    path = f"/v1/coupons/{{code}}/{act}"
    return Call(
        f"coupon_{act}", "POST", path, ("pos",), handler, LedgerEntry, summary, body=body, needs_key=True, refuses=True
    )


COUPON_CALLS = (
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
    _act("reverse", till.reverse, UndoAsk, "Take back a redemption, whole or the units that came back"),
    Call(
        name="coupon_token",
        method="POST",
        path="/v1/coupons/{code}/token",
        scopes=("app", "pos"),
        handler=offline.token,
        answer=TokenCard,
        summary="A signed token that the coupon's store can redeem without network",
        body=TokenAsk,
        needs_key=True,
        refuses=True,
    ),
    Call(
        name="coupon_qr",
        method="GET",
        path="/v1/coupons/{code}/qr",
        scopes=("app", "pos", "scheduler"),
        handler=offline.qr,
        answer=bytes,
        media="image/svg+xml",
        summary="The coupon's code as a QR code",
    ),
    Call(
        name="store_lease",
        method="POST",
        path="/v1/stores/{store_id}/lease",
        scopes=("pos",),
        handler=offline.lease,
        answer=LeaseCard,
        summary="How much a till may pay without network",
        body=LeaseAsk,
        needs_key=True,
        refuses=True,
    ),
    Call(
        name="store_settle",
        method="POST",
        path="/v1/stores/{store_id}/settle",
        scopes=("pos",),
        handler=offline.settle,
        answer=SettledSales,
        summary="Take in what tills paid without network; sending it again is harmless",
        body=SettleAsk,
        max_body=EVENTS_BODY,
        refuses=True,
    ),
    Call(
        name="offline_keys",
        method="GET",
        path="/v1/offline/keys",
        scopes=("app", "pos"),
        handler=offline.keys,
        answer=SigningKeys,
        summary="The public keys that tokens and leases are checked with",
    ),
)
