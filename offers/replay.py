"""One campaign's chain followed from its first entry, beside what the tables say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from offers.basket import paid_cents, place
from offers.book import Coupon, Line
from offers.chain import GENESIS, link_hash, plain_json
from offers.commands import Entry
from offers.issued_terms import terms_of
from offers.journal import coupon_of
from offers.ledger import follow, spent_by
from offers.outbox import exposure_event, redemption_event
from offers.writing import STANDING, answer_digest

_FROM = {
    "hold": ("issued", "held"),
    "token": ("issued", "held"),
    "redeem": ("issued", "held"),
    "release": ("issued", "held"),
    "reverse": ("redeemed",),
}
_ENTRY_FIELDS = tuple(Entry.__dataclass_fields__)


class Replay:
    """Takes entries one by one, then compares. Every method gives the faults it found as plain lines."""

    def __init__(
        self, account: Any, stored: Mapping[str, Any], kept: dict[int, Any], events: Sequence[tuple[str, str]]
    ) -> None:
        """`stored`: rows of `coupons` by offer; `kept`: answers by number of entry; `events`: (offer, JSON) of the outbox."""
        self.account, self.stored, self.kept = account, stored, kept
        self.name = f"campaign {account.campaign_id}"
        self.events = Counter(events)
        self.coupons: dict[str, Coupon] = {}
        self.sums: Counter[tuple[str, str]] = Counter()
        self.seq, self.link = 0, GENESIS
        self.granted = self.spent = self.released = self.n_used = 0
        self.terms: dict[str, Any] = {}

    def take(self, row: Any) -> Iterator[str]:
        """Follow one row of `entries`."""
        where, self.seq = f"{self.name}, entry {row.seq}", self.seq + 1
        if row.seq != self.seq:
            yield f"{where}: expected number {self.seq}; an entry is missing or was added"
            self.seq = row.seq
        if row.prev_hash != self.link or link_hash(row._mapping) != row.hash:
            yield f"{where}: the hash doesn't match; it was altered or its neighbour was"
        self.link = row.hash
        entry = Entry(**{field: getattr(row, field) for field in _ENTRY_FIELDS})
        detail = json.loads(row.detail)
        self.granted += entry.amount_cents if entry.kind == "grant" else 0
        self.released += entry.amount_cents if entry.kind == "unreserve" else 0
        self.terms = detail if entry.kind == "terms" else self.terms
        self.spent += spent_by(entry)
        limit = self.granted + self.terms.get("overspend_cents", 0)
        if entry.kind == "redeem" and self.spent > limit:
            yield f"{where}: {self.spent} cents spent of {limit} granted"
        yield from (f"{where}: {fault}" for fault in self._answered(row, detail))
        if entry.offer_id is not None:
            yield from (f"{where}: {fault}" for fault in self._follow(entry, detail))

    def end(self, sums: Mapping[tuple[str, str], int]) -> Iterator[str]:
        """Compare what is stored with where the entries led. `sums`: the stored ones by (scope, key)."""
        account = self.account
        told = {"head_seq": self.seq, "head_hash": self.link, "granted_cents": self.granted, "spent_cents": self.spent}
        told |= {"released_cents": self.released, "n_used": self.n_used, **self.terms}
        for field, value in told.items():
            if getattr(account, field) != value:
                yield f"{self.name}: {field} is {getattr(account, field)}, the entries say {value}"
        for scope, key in sorted(sums.keys() | {at for at, cents in self.sums.items() if cents}):
            stored, value = sums.get((scope, key), 0), self.sums[scope, key]
            if stored != value:
                yield f"{self.name}: the sum of {scope} {key} is {stored}, the entries say {value}"
        yield from (f"{self.name}, {fault}" for fault in self._compare())
        for seq in sorted(self.kept):
            yield f"{self.name}: the answer to entry {seq} belongs to no such entry"
        for (offer_id, _), n in sorted(self.events.items()):
            if n:
                yield f"{self.name}, offer {offer_id}: an event of the outbox that the entries don't lead to, or a missing one"

    def _answered(self, row: Any, detail: Any) -> Iterator[str]:
        wanted = detail.get("answer") if isinstance(detail, dict) else None
        if wanted is None:
            return
        kept = self.kept.pop(row.seq, None)
        if kept is None:
            yield "its answer is missing"
        elif answer_digest(kept.key, kept.body_hash, kept.ok, kept.body) != wanted:
            yield "its answer was altered"

    def _follow(self, entry: Entry, detail: Any) -> Iterator[str]:
        offer_id = entry.offer_id or ""
        row = self.stored.get(offer_id)
        if row is None:
            yield f"offer {offer_id} has no coupon"
            return
        before = self.coupons.get(offer_id)
        if entry.kind == "issue":
            if before is not None:
                yield f"offer {offer_id} is issued twice"
            # Earlier revisions repeated fewer terms.
            if plain_json(detail) != plain_json(terms_of(row._mapping)[: len(detail)]):
                yield f"offer {offer_id}: the coupon's terms aren't those it was issued under"
            self.coupons[offer_id] = follow(coupon_of(row), entry)
            return
        allowed = _FROM.get(entry.kind)
        if before is None or (allowed is not None and before.state not in allowed):
            yield f"offer {offer_id}: {entry.kind} of a coupon that is {before.state if before else 'not issued'}"
        before = before or coupon_of(row)
        after = self.coupons[offer_id] = follow(before, entry)
        if entry.kind in ("redeem", "reverse"):
            self._count(before, after, row)
        if entry.kind == "overpay":
            self.sums["overpaid", after.store_id] += entry.amount_cents
        if entry.kind == "redeem":
            self._expect_event(entry, before, detail)

    def _count(self, before: Coupon, after: Coupon, row: Any) -> None:
        cents = paid_cents(after) - paid_cents(before)
        self.n_used += (after.state == "redeemed") - (before.state == "redeemed")
        self.sums["store", after.store_id] += cents
        # Entries of the first revision don't tell the day; the coupon does.
        self.sums["day", after.used_day or row.used_day or ""] += cents

    def _expect_event(self, entry: Entry, coupon: Coupon, detail: Any) -> None:
        lines = detail["lines"] if isinstance(detail, dict) else detail
        unit = place([Line(*line) for line in lines], coupon)
        event = redemption_event(entry, coupon.product_id, unit.price_cents if unit else coupon.price_cents)
        self.events[coupon.offer_id, json.dumps(event)] -= 1

    def _compare(self) -> Iterator[str]:
        for offer_id in sorted(self.stored.keys() - self.coupons.keys()):
            yield f"offer {offer_id}: a coupon without an issue entry"
        for offer_id, coupon in sorted(self.coupons.items()):
            row = self.stored[offer_id]
            for field in STANDING:
                known = getattr(coupon, field)
                if getattr(row, field) != known and not (field == "used_day" and known is None):
                    yield f"offer {offer_id}: {field} is {getattr(row, field)}, the entries say {known}"
            if row.delivery == "delivered":
                event = exposure_event(offer_id, row.product_id, row.store_id, row.delivered_at)
                self.events[offer_id, json.dumps(event)] -= 1
