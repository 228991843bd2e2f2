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
        self._purses: dict[tuple[Scope, str], Purse] = issue_purses(connection, head, users, now)
        chain = heads.get(CHAIN)
        if chain is not None:
            held, promised = sums_now(connection, sa.true(), now)
            spent = connection.execute(sa.select(sa.func.sum(accounts.c.spent_cents))).scalar()
            self._purses["chain", ""] = replace(
                chain.account, spent_cents=int(spent or 0), held_cents=held, promised_cents=promised
            )
        # Coupons issued before and not withdrawn, by user and by (user, local day of the window).
        found = sa.select(coupons.c.user_id, coupons.c.window_day).where(
            mine & coupons.c.user_id.in_(users) & (coupons.c.state != "released")
        )
        before = connection.execute(found).all()
        self._by_day = Counter((row.user_id, row.window_day) for row in before)
        self._ever = Counter(row.user_id for row in before)

    def book(self, coupon: Coupon, day: str, store: Store | None) -> Book:
        """The rules' book of a draft whose window begins on the store's `day`."""
        user = coupon.user_id
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
        self._by_day[coupon.user_id, day] += 1
        self._ever[coupon.user_id] += 1

    def left_to(self, user_id: str) -> int | None:
        """Cents that may still be promised to one of the users read, 0 once they had their number of coupons; None: no limit."""
        most, purse = self._account.max_per_user, self.purse("user", user_id)
        if most is not None and self._ever[user_id] >= most:
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
        of: dict[Scope, str] = {"store": coupon.store_id, "user": coupon.user_id or "", "day": day}
        chain: list[tuple[Scope, str]] = [("chain", "")] if ("chain", "") in self._purses else []
        return chain + [(scope, of[scope]) for scope in self._scopes]

    def _purse(self, key: tuple[Scope, str]) -> Purse:
        return self._purses.get(key) or scope_purse(key[0], self._scopes[key[0]], self._account, 0, 0)
