"""The rules alone, in memory: what a journal would keep, without a database, so that long histories are cheap."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from offers.answers import Ask
from offers.book import Account, Book, Coupon, Facts
from offers.cases import command_of
from offers.commands import Command, Issue, Refusal, Release
from offers.drafts import Decision
from offers.eligibility import live_hold
from offers.ledger import decide, follow, spent_by
from offers.slots import is_open, local_day
from tests.offers.desk_world import SOHO
from tests.suites.naive_book import GRANTED, HOLD_S, PER_DAY, RESERVE


class MemoryLedger:
    def __init__(self) -> None:
        self.coupons: dict[str, Coupon] = {}
        self.used: dict[str, str] = {}
        self.spent, self.stopped = 0, False

    def account(self, now: datetime) -> Account:
        spent, held, promised = self.sums(now)
        return Account("c", GRANTED, RESERVE, spent, held, promised, PER_DAY, HOLD_S, self.stopped)

    def sums(self, now: datetime) -> tuple[int, int, int]:
        held = [c for c in self.coupons.values() if live_hold(c, now)]
        still_open = [c for c in self.coupons.values() if c.state in ("issued", "held") and now < c.valid_until]
        promised = sum(c.expected_cents for c in still_open if not live_hold(c, now))
        return self.spent, sum(c.discount_cents for c in held), promised

    def stop(self, stopped: bool, now: datetime) -> None:
        self.stopped = stopped

    def issue(self, name: str, made: Decision, now: datetime) -> str | None:
        terms = made.terms
        assert terms is not None
        plain = {field: getattr(terms, field) for field in Coupon.__dataclass_fields__ if hasattr(terms, field)}
        coupon = Coupon(offer_id=name, campaign_id="c", decision_id="d", user_id=made.user_id, **plain)
        day = local_day(SOHO, coupon.valid_from)
        mine = [c for c in self.coupons.values() if c.user_id == made.user_id and c.state != "released"]
        today = sum(local_day(SOHO, c.valid_from) == day for c in mine)
        facts = Facts(is_open(SOHO, coupon.valid_from), None, today)
        return self._do(Book(coupon, self.account(now), facts), Issue(), now, name, "")

    def act(self, kind: str, name: str, ask: Ask, key: str, now: datetime, units: int | None) -> str | None:
        at = ask.till_time or now
        command: Command = Release(None, now) if kind == "withdraw" else command_of(kind, ask, at)
        coupon = self.coupons.get(name)
        if coupon is None:
            return self._do(Book(None, None), command, now, name, "")
        day = local_day(SOHO, at).isoformat()
        others = [c for n, c in self.coupons.items() if n != name and self.used.get(n) == day]
        mine = [c for c in others if c.user_id == coupon.user_id and (c.state == "redeemed" or live_hold(c, now))]
        book = Book(coupon, self.account(now), Facts(is_open(SOHO, at), units, len(mine)))
        if kind == "quote":
            result = decide(book, command, now)
            return result.reason if isinstance(result, Refusal) else None
        return self._do(book, command, now, name, day)

    def _do(self, book: Book, command: Command, now: datetime, name: str, day: str) -> str | None:
        result = decide(book, command, now)
        if isinstance(result, Refusal):
            return result.reason
        assert book.coupon is not None
        self.coupons[name] = follow(replace(book.coupon), result)
        self.used[name] = day
        self.spent += spent_by(result)
        return None
