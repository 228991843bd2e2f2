"""One campaign's chain followed from its first entry, beside what the tables say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from offers.basket import place
from offers.book import RETURNABLE, Coupon, Line
from offers.chain import GENESIS, link_hash, plain_json
from offers.commands import Entry
from offers.issued_terms import terms_of
from offers.journal import coupon_of
from offers.ledger import follow
from offers.outbox import exposure_event, plain_event, redemption_event
from offers.replay_money import ReplayMoney
from offers.writing import STANDING, answer_digest

_FROM = {
    "hold": ("issued", "held"),
    "token": ("issued", "held"),
    "redeem": ("issued", "held"),
    "release": ("issued", "held"),
    "reverse": RETURNABLE,
}
_FIRST_TERMS = 8
_ENTRY_FIELDS = tuple(Entry.__dataclass_fields__)


class Replay:
    """Takes entries one by one, then compares. Every method gives the faults it found as plain lines."""

    def __init__(
        self, account: Any, stored: Mapping[str, Any], kept: dict[int, Any], events: Sequence[tuple[str, str, datetime]]
    ) -> None:
        """Rows of `coupons` by offer, of `answers` by number of entry, and of the outbox (offer, JSON, made_at)."""
        self.account, self.stored, self.kept = account, stored, kept
        self.name = f"campaign {account.campaign_id}"
        self.events = Counter((offer_id, plain_event(event), at) for offer_id, event, at in events)
        self.coupons: dict[str, Coupon] = {}
        self.money = ReplayMoney(account.campaign_id)
        self.seq, self.link = 0, GENESIS
        self.latest: datetime | None = None
        self.is_old = False
        """Whether the first revision wrote here: it kept fewer terms, and of an act its lines only."""
        self.said: list[Any] = []
        """Rows of entries about no coupon: stores' clocks, leases, batches of decisions."""

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
        self.latest = entry.at if self.latest is None else max(self.latest, entry.at)
        self.is_old |= isinstance(detail, list) and (entry.kind != "issue" or len(detail) <= _FIRST_TERMS)
        self.money.take(entry, detail)
        yield from (f"{where}: {fault}" for fault in self._answered(row, detail))
        if entry.offer_id is not None:
            yield from (f"{where}: {fault}" for fault in self._follow(entry, detail))
        elif entry.kind in ("terms", "lease", "decide"):
            self.said.append(row)

    def end(self, sums: Mapping[tuple[str, str], int]) -> Iterator[str]:
        """Compare what is stored with where the entries led. `sums`: the stored ones by (scope, key)."""
        for field, value in (("head_seq", self.seq), ("head_hash", self.link)):
            if getattr(self.account, field) != value:
                yield f"{self.name}: {field} is {getattr(self.account, field)}, the entries say {value}"
        yield from (f"{self.name}: {fault}" for fault in self.money.compare(self.account, sums))
        yield from (f"{self.name}, {fault}" for fault in self._compare())
        yield from (f"{self.name}: the answer to entry {seq} belongs to no such entry" for seq in sorted(self.kept))
        odd = sorted({offer_id for (offer_id, *_), n in self.events.items() if n})
        yield from (
            f"{self.name}, offer {name}: an event of the outbox is missing or leads from no entry" for name in odd
        )

    def _answered(self, row: Any, detail: Any) -> Iterator[str]:
        wanted = detail.get("answer") if isinstance(detail, dict) else None
        if wanted is None:
            return
        kept = self.kept.pop(row.seq, None)
        if kept is None:
            yield "its answer is missing"
            return
        if kept.at != row.at or answer_digest(kept.key, kept.body_hash, kept.ok, kept.body) != wanted:
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
        yield from self.money.move(entry, before, after, row.used_day)
        if entry.kind == "redeem":
            self._expect_event(entry, before, detail)

    def _expect_event(self, entry: Entry, coupon: Coupon, detail: Any) -> None:
        lines = detail["lines"] if isinstance(detail, dict) else detail
        unit = place([Line(*line) for line in lines], coupon)
        price = unit.price_cents if unit else coupon.price_cents
        event = redemption_event(entry, coupon.product_id, price, coupon.points)
        self.events[coupon.offer_id, plain_event(event), entry.at] -= 1

    def _compare(self) -> Iterator[str]:
        for offer_id in sorted(self.stored.keys() - self.coupons.keys()):
            yield f"offer {offer_id}: a coupon without an issue entry"
        for offer_id, coupon in sorted(self.coupons.items()):
            row = self.stored[offer_id]
            for field in STANDING:
                known = getattr(coupon, field)
                untold = field == "used_day" and known is None and coupon.state not in ("issued", "released")
                if getattr(row, field) != known and not untold:
                    yield f"offer {offer_id}: {field} is {getattr(row, field)}, the entries say {known}"
            if row.delivery == "delivered":
                event = exposure_event(offer_id, row.product_id, row.store_id, row.delivered_at)
                self.events[offer_id, plain_event(event), row.delivered_at] -= 1
