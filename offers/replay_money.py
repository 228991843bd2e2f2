"""A campaign's sums as its entries make them, beside those that are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from offers.basket import paid_cents
from offers.book import Coupon
from offers.chain import CHAIN, NO_LIMITS
from offers.commands import Entry
from offers.ledger import spent_by, unowed_by
from offers.replay_taken import TAKING, ReplayTaken


class ReplayMoney:
    """Grants, reserve, spending and limits of one account, entry by entry."""

    def __init__(self, campaign_id: str) -> None:
        """Nothing granted, nothing spent."""
        self._granted = self._spent = self._released = self._n_used = 0
        self._terms: dict[str, Any] = dict(NO_LIMITS) if campaign_id == CHAIN else {}
        self._sums: Counter[tuple[str, str]] = Counter()
        self.taken = ReplayTaken()

    @property
    def granted_cents(self) -> int:
        """What the grants so far add up to."""
        return self._granted

    def take(self, entry: Entry, detail: Any) -> None:
        """Follow an entry's money and terms."""
        self._granted += entry.amount_cents if entry.kind == "grant" else 0
        self._released += entry.amount_cents if entry.kind == "unreserve" else 0
        if entry.kind == "terms" and entry.store_id is None:
            self._terms |= detail
        self._spent += spent_by(entry)

    def move(self, entry: Entry, before: Coupon, after: Coupon, stored_day: str | None) -> Iterator[str]:
        """Count what an entry did to a coupon; a fault if it takes what there isn't. Entries of the first revision
        don't tell the day; the stored coupon does."""
        cents = paid_cents(after) - paid_cents(before)
        self._n_used += (after.state == "redeemed") - (before.state == "redeemed")
        self._sums["store", after.store_id] += cents
        self._sums["day", after.used_day or stored_day or ""] += cents
        self._sums["overpaid", after.store_id] += unowed_by(entry)
        self.taken.move(after, after.used_day or (stored_day if after.state == "redeemed" else None), entry.at)
        if entry.kind in TAKING:
            yield from self.taken.faults(entry, after, self._granted, self._terms)

    def compare(self, account: Any, sums: Mapping[tuple[str, str], int]) -> Iterator[str]:
        """Faults of the stored account and of the stored sums by (scope, key)."""
        told = {"granted_cents": self._granted, "spent_cents": self._spent, "released_cents": self._released}
        for field, value in (told | {"n_used": self._n_used, **self._terms}).items():
            if getattr(account, field) != value:
                yield f"{field} is {getattr(account, field)}, the entries say {value}"
        for scope, key in sorted(sums.keys() | {at for at, cents in self._sums.items() if cents}):
            stored, value = sums.get((scope, key), 0), self._sums[scope, key]
            if stored != value:
                yield f"the sum of {scope} {key} is {stored}, the entries say {value}"
