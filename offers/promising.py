"""The money and the limits a batch of new coupons is issued under: read once, moved with every promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from offers.book import Account, Book, Coupon, Facts, Purse, Scope
from offers.chain import CHAIN, Head
from offers.journal import live_hold_at, sums_now
from offers.persons import names_of
from offers.scopes import issue_purses, scope_purse
from offers.slots import Store, is_open
from offers.tables import accounts, coupons


class Promising:
    """The locked account and purses of one campaign, as far as promises have moved them."""

    def __init__(
        self, connection: sa.Connection, heads: Mapping[str, Head], campaign_id: str, users: set[str], now: datetime
    ) -> None:
        """Read what is held, promised and issued. `heads`: of the campaign, and of the chain if it caps all campaigns."""
        head = heads[campaign_id]
        mine = coupons.c.campaign_id == campaign_id
        held, promised = sums_now(connection, mine, now)
        n_held = connection.execute(sa.select(sa.func.count()).where(mine & live_hold_at(now))).scalar_one()
        self._account: Account = replace(
            head.account, held_cents=held, promised_cents=promised, n_used=head.account.n_used + n_held
        )
        self._scopes = head.scopes
        # A person's limits are spent under whichever of their ids.
        self._names = names_of(connection, users) if users else {}
        ids = users | self._names.keys()
        self._purses: dict[tuple[Scope, str], Purse] = issue_purses(connection, head, ids, now, self._names)
        chain = heads.get(CHAIN)
        if chain is not None:
            held, promised = sums_now(connection, sa.true(), now)
            spent = connection.execute(sa.select(sa.func.sum(accounts.c.spent_cents))).scalar()
            self._purses["chain", ""] = replace(
                chain.account, spent_cents=int(spent or 0), held_cents=held, promised_cents=promised
            )
        # Coupons issued before and not withdrawn, by person and by (person, local day of the window).
        found = sa.select(coupons.c.user_id, coupons.c.window_day).where(
            mine & coupons.c.user_id.in_(ids) & (coupons.c.state != "released")
        )
        before = connection.execute(found).all()
        self._by_day = Counter((self._person(row.user_id), row.window_day) for row in before)
        self._ever = Counter(self._person(row.user_id) for row in before)

    def book(self, coupon: Coupon, day: str, store: Store | None) -> Book:
        """The rules' book of a draft whose window begins on the store's `day`."""
        user = self._person(coupon.user_id)
        facts = Facts(
            is_open(store, coupon.valid_from) if store else None, None, self._by_day[user, day], self._ever[user], day
        )
        return Book(coupon, self._account, facts, tuple(self._purse(key) for key in self._keys(coupon, day)))

    def promise(self, coupon: Coupon, day: str) -> None:
        """Take in one issued coupon."""
        self._account = replace(self._account, promised_cents=self._account.promised_cents + coupon.expected_cents)
        for key in self._keys(coupon, day):
            purse = self._purse(key)
            self._purses[key] = replace(purse, promised_cents=purse.promised_cents + coupon.expected_cents)
        person = self._person(coupon.user_id)
        self._by_day[person, day] += 1
        self._ever[person] += 1

    def left_to(self, user_id: str) -> int | None:
        """Cents that may still be promised to one of the users read, 0 once they had their number of coupons; None: no limit."""
        person = self._person(user_id)
        most, purse = self._account.max_per_user, self.purse("user", person)
        if most is not None and self._ever[person] >= most:
            return 0
        if purse is None:
            return None
        taken = purse.spent_cents + purse.held_cents + purse.promised_cents
        return max(0, purse.granted_cents - purse.reserve_cents - taken)

    def purse(self, scope: Scope, key: str = "") -> Purse | None:
        """The purse of the campaign, or of one store, user (of those asked for), day or the chain; None where none is set."""
        if scope == "campaign":
            return self._account
        return self._purse((scope, key)) if scope in self._scopes or (scope, key) in self._purses else None

    def _keys(self, coupon: Coupon, day: str) -> list[tuple[Scope, str]]:
        of: dict[Scope, str] = {"store": coupon.store_id, "user": self._person(coupon.user_id), "day": day}
        chain: list[tuple[Scope, str]] = [("chain", "")] if ("chain", "") in self._purses else []
        return chain + [(scope, of[scope]) for scope in self._scopes]

    def _person(self, user_id: str | None) -> str:
        return self._names.get(user_id or "", user_id or "")

    def _purse(self, key: tuple[Scope, str]) -> Purse:
        return self._purses.get(key) or scope_purse(key[0], self._scopes[key[0]], self._account, 0, 0)
