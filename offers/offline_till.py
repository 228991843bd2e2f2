"""What a till does without network, to be ported by whoever builds tills: check the token, ask the rules, write, pay.

The till can't know whether another has paid the same coupon, so it spends a lease of its own: the store's allowance is
shared out in leases, and whatever the tills do, together they pay no more than those. The rules are the ledger's.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from offers.book import Line
from offers.cashier import refusal_text
from offers.commands import Redeem, Refusal
from offers.ledger import decide
from offers.till_book import in_words_of_the_till, offline_book, spent_under
from offers.till_file import Payment, TillFile, TillFileError
from offers.till_sale import check_sale, sales_of
from offers.tokens import CouponToken, Reader, TokenError

BOOKED = ("redeem", "overpay", "known")
"""Outcomes of a settlement after which a sale needn't be sent again."""


@dataclass(frozen=True)
class Paid:
    """The discount is the customer's and on the till's disk. `left_cents` is what the lease still holds."""

    code: str
    offer_id: str
    product_id: str
    order_id: str
    discount_cents: int
    left_cents: int


@dataclass(frozen=True)
class Refused:
    """A reason of WIRE's list, a detail in plain words, and by locale what the cashier reads out."""

    reason: str
    detail: str
    text: Mapping[str, str]


class OfflineTill:
    """One till of one store under one lease. Its file outlives leases, restarts and power cuts.

    The file may be put away when its batch is settled and every token and lease in it has run out.
    """

    def __init__(self, reader: Reader, allowance_token: str, store_id: str, till_id: str, file: Path) -> None:
        """Raises TokenError when the lease isn't this till's, TillFileError when the file isn't or can't be read."""
        self._reader, self._store_id, self._till_id = reader, store_id, till_id
        self._lease = reader.allowance(allowance_token, store_id)
        if self._lease.till_id != till_id:
            raise TokenError("allowance token: it is for another till of the store; ask for this till's own")
        self._lock = threading.Lock()
        self._file = TillFile(file)
        if any((paid.store_id, paid.till_id) != (store_id, till_id) for paid in self._file.payments):
            self._file.close()
            raise TillFileError(f"{file}: holds what another till paid; give each till a file of its own")

    @property
    def spent_cents(self) -> int:
        """What this till has paid under its lease."""
        return spent_under(self._lease, self._file.payments)

    def redeem(self, token: str, order_id: str, lines: Sequence[Line], now: datetime) -> Paid | Refused:
        """Pay the token's coupon to an order, once. `lines` hold what others took off, not our own coupons.

        Raises TillFileError when the payment can't be stored (nothing is paid then), ValueError for what the settlement
        would not take.
        """
        check_sale(order_id, lines, now)
        command = Redeem(order_id=order_id, store_id=self._store_id, lines=tuple(lines), at=now)
        try:
            # The store is left to the rules, which know when to name it.
            coupon = self._reader.coupon(token, None)
        except TokenError as error:
            return _refused("unknown_coupon", str(error))
        with self._lock:
            paid = self._file.payments
            result = decide(offline_book(coupon, self._lease, paid, order_id, now), command, now)
            if isinstance(result, Refusal):
                refusal = in_words_of_the_till(result, self._lease, paid, now)
                return _refused(refusal.reason, refusal.detail)
            self._file.append(self._payment(coupon, token, command))
            left = self._lease.cents - self.spent_cents
        return Paid(coupon.code, coupon.offer_id, coupon.product_id, order_id, coupon.discount_cents, left)

    def batch(self) -> list[dict[str, Any]]:
        """What was paid and isn't settled, oldest first, as many sales as one settlement takes, as JSON values: token, order_id,
        till_id, till_time, lines.

        Sending it again is harmless: a sale is settled once. Ask again after `settled`, until nothing is left.
        """
        with self._lock:
            return sales_of(paid for paid in self._file.payments if paid.offer_id not in self._file.settled)

    def settled(self, batch: Sequence[Mapping[str, Any]], outcomes: Sequence[str]) -> None:
        """Note what the service said of each sale of a batch. Whatever it rejected stays in the next one, for people to look at.

        Raises TillFileError.
        """
        with self._lock:
            booked = {sale["token"] for sale, told in zip(batch, outcomes, strict=True) if told in BOOKED}
            known = [paid.offer_id for paid in self._file.payments if paid.token in booked]
            self._file.settle([offer_id for offer_id in known if offer_id not in self._file.settled])

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _payment(self, coupon: CouponToken, token: str, command: Redeem) -> Payment:
        return Payment(
            store_id=self._store_id,
            till_id=self._till_id,
            lease_id=self._lease.lease_id,
            offer_id=coupon.offer_id,
            product_id=coupon.product_id,
            discount_cents=coupon.discount_cents,
            floor_cents=coupon.floor_cents,
            token=token,
            order_id=command.order_id,
            till_time=command.at,
            lines=command.lines or (),
        )


def _refused(reason: str, detail: str) -> Refused:
    return Refused(reason, detail, refusal_text(reason))
