"""A naive reference of the ledger: a list of what happened, scanned again for every question.

It shares no code with the rules: its own if-chain, its own hours (New York is UTC−5 in this week). A coupon is known by a
name like `u3@1`, the person before the @.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from offers.answers import Ask
from offers.drafts import Terms

GRANTED, RESERVE, HOLD_S, PER_DAY = 1000, 150, 60, 1


class Happened(NamedTuple):
    kind: str
    name: str
    order: str | None
    day: date
    until: datetime | None
    cents: int


def local(at: datetime) -> datetime:
    return at - timedelta(hours=5)


def is_open(at: datetime) -> bool:
    return 7 <= local(at).hour < 19


class NaiveBook:
    def __init__(self) -> None:
        self.terms: dict[str, Terms] = {}
        self.entries: list[Happened] = []
        self.stopped = False

    def of(self, name: str) -> list[Happened]:
        return [entry for entry in self.entries if entry.name == name]

    def kinds(self, name: str) -> list[str]:
        return [entry.kind for entry in self.of(name)]

    def live(self, name: str, now: datetime) -> Happened | None:
        last = self.of(name)[-1]
        return last if last.kind == "hold" and last.until and now < last.until else None

    def sums(self, now: datetime) -> tuple[int, int, int]:
        """Spent, held, promised."""
        spent = sum({"redeem": e.cents, "reverse": -e.cents}.get(e.kind, 0) for e in self.entries)
        held = sum(terms.discount_cents for name, terms in self.terms.items() if self.live(name, now))
        promised = 0
        for name, terms in self.terms.items():
            closed = {"redeem", "withdraw"} & set(self.kinds(name)) or self.live(name, now)
            promised += 0 if closed or now >= terms.valid_until else terms.expected_cents
        return spent, held, promised

    def record(self, kind: str, name: str, order: str | None, at: datetime, now: datetime) -> None:
        until = now + timedelta(seconds=HOLD_S) if kind == "hold" else None
        self.entries.append(Happened(kind, name, order, local(at).date(), until, self.terms[name].discount_cents))

    def refuses_issue(self, name: str, terms: Terms, now: datetime) -> str | None:
        day = local(terms.valid_from).date()
        same_day = [
            other
            for other, its in self.terms.items()
            if other.split("@")[0] == name.split("@")[0] and local(its.valid_from).date() == day
        ]
        if now >= terms.valid_until:
            return "expired"
        if not is_open(terms.valid_from):
            return "store_closed"
        if terms.price_cents - terms.discount_cents < terms.floor_cents:
            return "below_margin_floor"
        if len([other for other in same_day if "withdraw" not in self.kinds(other)]) >= PER_DAY:
            return "limit_reached"
        if terms.expected_cents + sum(self.sums(now)) > GRANTED - RESERVE:
            return "budget_exhausted"
        return "campaign_stopped" if self.stopped else None

    def refuses(self, kind: str, name: str, ask: Ask, now: datetime, units: int | None) -> str | None:
        if name not in self.terms:
            return "unknown_coupon"
        if ask.user_id not in (None, name.split("@")[0]):
            return "wrong_user"
        known, live = self.kinds(name), self.live(name, now)
        payer = next((entry.order for entry in self.of(name) if entry.kind == "redeem"), None)
        if kind == "reverse":
            if payer not in (None, ask.order_id):
                return "already_redeemed"
            return None if payer and "reverse" not in known else "released"
        if payer or (live and live.order != ask.order_id and kind != "withdraw"):
            return "already_redeemed"
        if "withdraw" in known or (kind == "release" and not live):
            return "released"
        return None if kind in ("release", "withdraw") else self._refuses_payment(name, ask, now, units)

    def _refuses_payment(self, name: str, ask: Ask, now: datetime, units: int | None) -> str | None:
        terms, at = self.terms[name], ask.till_time or now
        if at < terms.valid_from:
            return "not_yet_valid"
        if at >= terms.valid_until:
            return "expired"
        if ask.store_id != "soho":
            return "wrong_store"
        if not is_open(at):
            return "store_closed"
        prices: list[Any] = [
            line.unit_price_cents - line.discount_cents for line in ask.lines or () if line.product_id == "latte"
        ]
        if not prices:
            return "wrong_product"
        if units == 0:
            return "out_of_stock"
        if max(prices) - terms.discount_cents < terms.floor_cents:
            return "below_margin_floor"
        if self._used_by(name, local(at).date(), now) >= PER_DAY:
            return "limit_reached"
        spent, held, _ = self.sums(now)
        own = terms.discount_cents if self.live(name, now) else 0
        if spent + held - own + terms.discount_cents > GRANTED:
            return "budget_exhausted"
        return "campaign_stopped" if self.stopped else None

    def _used_by(self, name: str, day: date, now: datetime) -> int:
        """The person's other coupons redeemed or under a live hold on that day."""
        others = [other for other in self.terms if other != name and other.split("@")[0] == name.split("@")[0]]
        last = [(other, self.of(other)[-1]) for other in others]
        return sum(
            entry.day == day and (entry.kind == "redeem" or self.live(other, now) is not None) for other, entry in last
        )
