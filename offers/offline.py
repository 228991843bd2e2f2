"""Offline redemption, the service's side: tokens signed, leases lent to tills, and what tills paid taken in.

Genuine is what our key has signed; only that is settled. The money of a genuine token is gone, so its sale is always taken in:
as a redemption when the rules allow it, else as an overpayment with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from offers import leases
from offers.answers import Answer, Ask
from offers.book import Line
from offers.claims import Allowance, CouponToken, TokenError
from offers.codes import canonical
from offers.desk import Desk
from offers.tables import coupons
from offers.tokens import Reader, Signer

Outcome = Literal["redeem", "overpay", "known", "rejected"]


@dataclass(frozen=True)
class Sale:
    """What a till says it paid: the token it was shown, the order, the moment (aware) and the basket."""

    token: str
    order_id: str
    till_id: str
    till_time: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Settled:
    """What became of one sale. `redeem`: a redemption like any other; `overpay`: paid, and no budget owes it; `known`: settled
    or redeemed by this order before; `rejected`: not a token of ours for this store, so nothing is booked."""

    order_id: str
    outcome: Outcome
    discount_cents: int = 0
    entry_id: str | None = None
    reason: str | None = None
    detail: str | None = None


def token_of(desk: Desk, signer: Signer, answer: Answer) -> str:
    """The signed token for a `token` answer of the desk; the same for the same answer, as Ed25519 isn't random."""
    body = answer.body
    with desk.journal.read() as connection:
        row = connection.execute(sa.select(coupons).where(coupons.c.offer_id == body["offer_id"])).one()
    issued = datetime.fromisoformat(body["at"])
    return signer.coupon(
        CouponToken(
            token_id=body["token_id"],
            code=row.code,
            offer_id=row.offer_id,
            campaign_id=row.campaign_id,
            store_id=row.store_id,
            product_id=row.product_id,
            discount_cents=row.discount_cents,
            price_cents=row.price_cents,
            floor_cents=row.floor_cents,
            valid_from=max(row.valid_from, issued),
            valid_until=datetime.fromisoformat(body["valid_until"]),
            issued_at=issued,
            grace_s=body.get("grace_s", 0),
        )
    )


def lend(
    desk: Desk,
    signer: Signer,
    store_id: str,
    till_id: str,
    cents: int,
    allowance: int,
    lease_id: str,
    now: datetime,
    actor: str = "",
) -> tuple[str, Allowance, bool]:
    """A signed lease for a till; whether it was given before. Raises AllowanceError, KeyReused, LeaseOver, LedgerError."""
    with desk.journal.write() as connection:
        lease, replay = leases.give(connection, lease_id, store_id, till_id, cents, allowance, now, actor)
    return signer.allowance(lease), lease, replay


def settle(
    desk: Desk,
    reader: Reader,
    store_id: str,
    sales: Sequence[Sale],
    now: datetime,
    *,
    lease_id: str | None = None,
    closed_by: str | None = None,
    actor: str = "",
) -> list[Settled]:
    """Take in at most 1,000 sales of one store, in the order of their moments; the outcomes stand in the order given.

    `lease_id`: under which the new ones were paid (None: no overrun of it can be seen); `closed_by`, the till whose lease it
    is, ends it. Raises UnknownLease before anything is booked when it isn't, and LedgerError: what was settled before that
    stays, and sending all of it again is right.
    """
    if lease_id is not None:
        with desk.journal.read() as connection:
            leases.check(connection, lease_id, store_id, closed_by)
    found: dict[int, Settled] = {}
    genuine: list[tuple[int, CouponToken, Ask]] = []
    for place, sale in enumerate(sales):
        try:
            token = reader.coupon(sale.token, store_id)
        except TokenError as error:
            found[place] = Settled(sale.order_id, "rejected", detail=str(error))
            continue
        ask = Ask(store_id, sale.order_id, sale.lines, None, sale.till_time, sale.till_id, actor)
        genuine.append((place, token, ask))
    genuine.sort(key=lambda one: (one[2].till_time, one[2].till_id, one[2].order_id))
    note = None if lease_id is None else leases.noting(lease_id, store_id)
    booked = desk.settle([(canonical(token.code) or token.code, ask) for _, token, ask in genuine], now, note)
    for (place, _, ask), answer in zip(genuine, booked, strict=True):
        found[place] = _settled(ask.order_id or "", answer)
    if lease_id is not None and closed_by is not None:
        with desk.journal.write() as connection:
            leases.close(connection, lease_id, store_id, closed_by, now)
    return [found[place] for place in range(len(sales))]


def _settled(order_id: str, answer: Answer) -> Settled:
    body = answer.body
    outcome: Outcome
    if not answer.ok:
        outcome = "known" if body["reason"] == "already_redeemed" else "rejected"
        return Settled(order_id, outcome, reason=body["reason"], detail=body["detail"])
    outcome = "known" if answer.replay else body["kind"]
    return Settled(order_id, outcome, body["discount_cents"], body["entry_id"], body.get("reason"))
