"""A naive reference of the ledger: a list of what happened, scanned again for every question.

It shares no code with the rules: its own hours and days (fixed offsets in this week), its own sums. What is refused, and
in which order, stands in `naive_rules`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from tests.suites.ledger_world import OFFSET, World


class Sent(NamedTuple):
    """A coupon as it was issued, or is to be."""

    name: str
    campaign: str
    user: str
    store: str
    product: str
    discount: int
    price: int
    floor: int
    expected: int
    begins: datetime
    ends: datetime
    offer_id: str = ""


class Happened(NamedTuple):
    """`units`: sold by a redemption, come back by a reversal. `day`: the store's, of a reversal the redemption's. `until`: when
    the money is no longer set aside, `order_until` when the order's hold ends; `signed`: a till without network may come."""

    kind: str
    sent: Sent
    order: str | None = None
    day: date = date.min
    until: datetime | None = None
    cents: int = 0
    units: int = 0
    order_until: datetime | None = None
    signed: bool = False


class Money(NamedTuple):
    spent: int = 0
    held: int = 0
    promised: int = 0


class Purse(NamedTuple):
    """One budget that a coupon falls under; `counts` tells whether a coupon on a day falls under it too."""

    name: tuple[str, str, str]
    granted: int
    reserve: int
    overspend: int
    counts: Callable[[Sent, date], bool]


def local_day(store: str, at: datetime) -> date:
    return (at + OFFSET[store]).date()


def is_open(store: str, at: datetime) -> bool:
    return 7 <= (at + OFFSET[store]).hour < 19


BACK = ("reverse", "unpay")
"""What came back: of what a budget had paid, and of what none owed."""


class NaiveBook:
    def __init__(self, world: World) -> None:
        self.world, self.campaigns = world, world.campaigns()
        self.sent: dict[str, Sent] = {}
        self.happened: list[Happened] = []
        self.freed: list[tuple[str, int]] = []
        self.stopped: set[str] = set()

    def of(self, name: str) -> list[Happened]:
        """What happened to one coupon, but for what tills paid that no budget owes."""
        return [one for one in self.happened if one.sent.name == name and one.kind != "overpay"]

    def used(self, name: str) -> Happened | None:
        """What used the coupon up: the first order that was paid, whether a budget owes it or not."""
        return next((one for one in self.happened if one.sent.name == name and one.kind in ("redeem", "overpay")), None)

    def returned(self, name: str) -> int:
        return sum(one.units for one in self.of(name) if one.kind in BACK)

    def given_back(self, sale: Happened, returned: int) -> int:
        """Cents for so many units of a sale that came back."""
        return int(Fraction(sale.cents * returned, sale.units))

    def last(self) -> dict[str, Happened]:
        """The last thing that happened to each coupon."""
        return {one.sent.name: one for one in self.happened}

    def live(self, now: datetime) -> list[Happened]:
        """Holds, of orders and of tokens, that haven't run out."""
        return [one for one in self.last().values() if one.until and now < one.until]

    def taken(self, now: datetime) -> list[Happened]:
        """Coupons in use: under a live hold, or redeemed and not wholly taken back."""
        back = Counter[str]()
        for one in self.happened:
            back[one.sent.name] += one.units if one.kind in BACK else 0
        sold = [one for one in self.happened if one.kind == "redeem" and back[one.sent.name] < one.units]
        return self.live(now) + sold

    def open(self, now: datetime) -> list[Sent]:
        """Coupons that may still come: not used, not withdrawn, not held, not over."""
        busy = {one.sent.name for one in self.live(now)}
        gone = {one.sent.name for one in self.happened if one.kind in ("redeem", "overpay", "withdraw")}
        return [sent for name, sent in self.sent.items() if name not in busy | gone and now < sent.ends]

    def reserve(self, account: str, granted: int) -> int:
        """What is still kept back of a whole account's grant."""
        return max(0, ceil(granted * Fraction(15, 100)) - sum(cents for name, cents in self.freed if name == account))

    def purses(self, sent: Sent, day: date) -> Iterator[Purse]:
        """Every budget the coupon falls under when it is used on the day."""
        budget, c = self.campaigns[sent.campaign].budget, sent.campaign
        if self.world.chain_cents:
            cents = self.world.chain_cents
            yield Purse(("-", "chain", ""), cents, self.reserve("-", cents), 0, lambda other, on: True)
        kept, over = self.reserve(c, budget.granted_cents), budget.overspend_cents
        yield Purse((c, "campaign", ""), budget.granted_cents, kept, over, lambda other, on: other.campaign == c)
        share = Fraction(kept, budget.granted_cents)
        cents_of = {"store": budget.per_store_cents, "user": budget.per_user_cents, "day": budget.per_day_cents}
        for scope, key in keys(sent, day).items():
            cents = cents_of[scope]
            if cents is not None:

                def counts(other: Sent, on: date, scope: str = scope, key: str = key) -> bool:
                    return other.campaign == c and keys(other, on)[scope] == key

                yield Purse((c, scope, key), cents, ceil(cents * share), over, counts)

    def money(self, counts: Callable[[Sent, date], bool], now: datetime, but: str = "") -> Money:
        """What the coupons that count have spent, hold (without the coupon `but`) and promise."""
        spent = held = promised = 0
        for one in self.happened:
            if one.kind in ("redeem", "reverse") and counts(one.sent, one.day):
                spent += one.cents if one.kind == "redeem" else -one.cents
        for one in self.live(now):
            if one.sent.name != but and counts(one.sent, one.day):
                held += one.sent.discount
        for sent in self.open(now):
            if counts(sent, local_day(sent.store, sent.begins)):
                promised += sent.expected
        return Money(spent, held, promised)

    def sums(self, now: datetime) -> dict[tuple[str, str, str], Money]:
        """Every scope that anything was spent, is held or promised in, limited or not; and what each store overpaid."""
        found: dict[tuple[str, str, str], list[int]] = {}

        def add(sent: Sent, day: date, at: int, cents: int) -> None:
            names = [("-", "chain", ""), (sent.campaign, "campaign", "")]
            for name in names + [(sent.campaign, scope, key) for scope, key in keys(sent, day).items()]:
                found.setdefault(name, [0, 0, 0])[at] += cents

        for one in self.happened:
            if one.kind in ("redeem", "reverse"):
                add(one.sent, one.day, 0, one.cents if one.kind == "redeem" else -one.cents)
            if one.kind in ("overpay", "unpay"):
                cents = one.cents if one.kind == "overpay" else -one.cents
                found.setdefault((one.sent.campaign, "overpaid", one.sent.store), [0, 0, 0])[0] += cents
        for one in self.live(now):
            add(one.sent, one.day, 1, one.sent.discount)
        for sent in self.open(now):
            add(sent, local_day(sent.store, sent.begins), 2, sent.expected)
        return {name: Money(*cents) for name, cents in found.items() if any(cents)}

    def limit(self, campaign: str, scope: str) -> int | None:
        """What one scope may spend and hold together; None when nothing caps it."""
        if scope == "chain":
            return self.world.chain_cents or None
        budget = self.campaigns[campaign].budget
        cents = {
            "campaign": budget.granted_cents,
            "store": budget.per_store_cents,
            "user": budget.per_user_cents,
            "day": budget.per_day_cents,
            "overpaid": None,
        }[scope]
        return None if cents is None else cents + budget.overspend_cents


def keys(sent: Sent, day: date) -> dict[str, str]:
    return {"store": sent.store, "user": sent.user, "day": day.isoformat()}


def until_of(book: NaiveBook, kind: str, sent: Sent, now: datetime) -> datetime:
    """When a hold runs out; of a token, when a till may no longer pay it."""
    limits = book.campaigns[sent.campaign].limits
    if kind == "token":
        return min(now + timedelta(seconds=limits.token_s), sent.ends)
    return now + timedelta(seconds=limits.hold_s)
