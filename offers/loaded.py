"""What a group of commands reads, under one lock, and how each of its entries moves it for the next.

A group is decided as if its commands had come one after the other, and is written at once: the statements and the commit are
shared by all of them. Nothing here decides; the rules do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from offers.basket import paid_cents
from offers.book import Book, Coupon, Facts, Purse, Scope, Stacked, changed
from offers.chain import CHAIN, Head
from offers.eligibility import in_order, live_hold
from offers.scopes import scope_purse
from offers.slots import Store
from offers.tables import sums

Summed = Scope | Literal["overpaid"]
"""What `sums` are kept of: spent per store and per day, and per store what tills without network paid that no budget owed."""
_SPENT = sa.select(sums.c.spent_cents).where(
    sums.c.campaign_id == sa.bindparam("campaign"),
    sums.c.scope == sa.bindparam("of_scope"),
    sums.c.key == sa.bindparam("of_key"),
)


class Loaded:
    """The locked state. `rows` are the coupons' rows as stored, `coupons` as they stand after the entries so far, `names` the
    persons of user ids that are one of several: limits are a person's."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        """Empty; `load` fills it. `now` is the earliest moment of the group."""
        self.connection, self.now = connection, now
        self.rows: dict[str, Any] = {}
        self.coupons: dict[str, Coupon] = {}
        self.by_code: dict[str, str] = {}
        self.stores: dict[str, Store] = {}
        self.heads: dict[str, Head] = {}
        self._held_cents: Counter[tuple[str, Scope, str | None]] = Counter()
        self._n_held: Counter[str] = Counter()
        self.chain_cents = [0, 0]
        self.moved_cents: Counter[tuple[str, Summed, str]] = Counter()
        self._spent: dict[tuple[str, Scope, str], int] = {}
        self.names: dict[str | None, str] = {}
        self._of_user: dict[tuple[str, str | None], dict[str, None]] = defaultdict(dict)
        self._of_order: dict[tuple[str, str | None], dict[str, None]] = defaultdict(dict)

    def put(self, row: Any, coupon: Coupon) -> None:
        """Take in a coupon as stored."""
        self.rows[coupon.offer_id], self.coupons[coupon.offer_id] = row, coupon
        self.by_code[row.code] = coupon.offer_id
        self._of_user[coupon.campaign_id, self._person(coupon)][coupon.offer_id] = None
        if coupon.order_id is not None:
            self._of_order[coupon.store_id, coupon.order_id][coupon.offer_id] = None

    def _person(self, coupon: Coupon) -> str | None:
        return self.names.get(coupon.user_id, coupon.user_id)

    def find(self, code: str | None) -> Coupon | None:
        """The coupon of a canonical code."""
        offer_id = self.by_code.get(code or "")
        return None if offer_id is None else self.coupons[offer_id]

    def hold(self, campaign_id: str, store_id: str, day: str | None, cents: int, n: int) -> None:
        """Take in live holds; negative where they end."""
        of: dict[Scope, str | None] = {"campaign": None, "store": store_id, "day": day}
        for scope, key in of.items():
            self._held_cents[campaign_id, scope, key] += cents
        self._n_held[campaign_id] += n

    def book(self, coupon: Coupon, facts: Facts, order_id: str | None, now: datetime) -> Book:
        """The rules' book of one coupon: purses without its own hold, the user's and the order's other coupons."""
        others = [self.coupons[name] for name in self._of_user[coupon.campaign_id, self._person(coupon)]]
        others = [one for one in others if one.offer_id != coupon.offer_id and _taken(one, now)]
        if others and coupon.user_id is not None:
            today = sum(one.used_day == facts.day for one in others)
            facts = changed(facts, user_today=today, user_ever=len(others))
        mates = [self.coupons[name] for name in self._of_order[coupon.store_id, order_id]] if order_id else []
        stacked = tuple(
            Stacked(one.offer_id, one.discount_cents, one.floor_cents)
            for one in mates
            if one.offer_id != coupon.offer_id and one.product_id == coupon.product_id
            if one.order_id == order_id and not one.points and (one.state == "redeemed" or in_order(one, now))
        )
        if stacked:
            facts = changed(facts, stacked=stacked)
        head, own = self.heads[coupon.campaign_id], live_hold(coupon, self.now)
        account = changed(
            head.account,
            held_cents=self._held_cents[coupon.campaign_id, "campaign", None] - (coupon.discount_cents if own else 0),
            n_used=head.account.n_used + self._n_held[coupon.campaign_id] - own,
        )
        return Book(coupon, account, facts, self._purses(coupon, head, facts.day or "", others, own))

    def _purses(self, coupon: Coupon, head: Head, day: str, others: Iterable[Coupon], own: bool) -> tuple[Purse, ...]:
        found: list[Purse] = []
        mine = coupon.discount_cents if own else 0
        chain = self.heads.get(CHAIN)
        if chain is not None and chain.account.granted_cents > 0:
            spent, held = self.chain_cents
            found.append(changed(chain.account, spent_cents=spent, held_cents=held - mine))
        for scope, granted in head.scopes.items():
            if scope == "user":
                known = others if coupon.user_id else ()
                spent = sum(paid_cents(one) for one in known)
                held = sum(one.discount_cents for one in known if one.state == "held")
            else:
                at = 0 if scope == "store" else 1
                key = (coupon.store_id, day)[at]
                spent = self._spent_of(coupon.campaign_id, scope, key)
                held = self._held_cents[coupon.campaign_id, scope, key]
                held -= mine if (coupon.store_id, coupon.used_day)[at] == key else 0
            found.append(scope_purse(scope, granted, head.account, spent, held))
        return tuple(found)

    def _spent_of(self, campaign_id: str, scope: Scope, key: str) -> int:
        at = (campaign_id, scope, key)
        if at not in self._spent:
            told = {"campaign": campaign_id, "of_scope": scope, "of_key": key}
            found = self.connection.execute(_SPENT, told).scalar()
            self._spent[at] = int(found or 0)
        return self._spent[at] + self.moved_cents[at]

    def move(self, before: Coupon, after: Coupon) -> None:
        """Take in what an entry did to a coupon."""
        campaign_id = after.campaign_id
        self.coupons[after.offer_id] = after
        if after.order_id is not None:
            self._of_order[after.store_id, after.order_id][after.offer_id] = None
        if after.user_id is not None:
            self._of_user[campaign_id, self._person(after)][after.offer_id] = None
        for coupon, sign in ((before, -1), (after, 1)):
            if live_hold(coupon, self.now):
                self.hold(campaign_id, coupon.store_id, coupon.used_day, sign * coupon.discount_cents, sign)
                self.chain_cents[1] += sign * coupon.discount_cents
        cents = paid_cents(after) - paid_cents(before)
        day = after.used_day or before.used_day
        if cents:
            self.chain_cents[0] += cents
            self.moved_cents[campaign_id, "store", after.store_id] += cents
            self.moved_cents[campaign_id, "day", day or ""] += cents
        n = (after.state == "redeemed") - (before.state == "redeemed")
        if n:
            head = self.heads[campaign_id]
            self.heads[campaign_id] = changed(head, account=changed(head.account, n_used=head.account.n_used + n))


def _taken(coupon: Coupon, now: datetime) -> bool:
    return coupon.state == "redeemed" or live_hold(coupon, now)
