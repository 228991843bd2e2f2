"""Budgets of the scopes below a campaign: per store, per user and per local day of the redeeming store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Account, Purse, Scope
from offers.chain import Head
from offers.journal import live_hold_at, open_at
from offers.tables import coupons, sums


def scope_purse(scope: Scope, granted_cents: int, account: Account, spent: int, held: int, promised: int = 0) -> Purse:
    """The purse of one store, user or day. It keeps back the same share as its campaign, rounded up, and may be overspent
    as far."""
    share = account.reserve_cents
    reserve = -(-granted_cents * share // account.granted_cents) if account.granted_cents else 0
    return Purse(
        scope=scope,
        granted_cents=granted_cents,
        reserve_cents=reserve,
        overspend_cents=account.overspend_cents,
        spent_cents=spent,
        held_cents=held,
        promised_cents=promised,
    )


def issue_purses(
    connection: sa.Connection, head: Head, users: set[str], now: datetime, names: Mapping[str, str]
) -> dict[tuple[Scope, str], Purse]:
    """(scope, store or user or day) to its purse before anything is issued, for the scopes the campaign limits; those
    that aren't in it are untouched. Users: only `users` are read, and a person's ids add up under their name (`names`, by id)."""
    found: dict[tuple[Scope, str], list[int]] = {}
    mine = coupons.c.campaign_id == head.account.campaign_id
    ways: dict[Scope, tuple[sa.Column[str], sa.Column[str]]] = {
        "store": (coupons.c.store_id, coupons.c.store_id),
        "user": (coupons.c.user_id, coupons.c.user_id),
        "day": (coupons.c.used_day, coupons.c.window_day),
    }
    for scope in head.scopes:
        used_by, sent_to = ways[scope]
        few = coupons.c.user_id.in_(users) if scope == "user" else sa.true()
        reads: list[tuple[int, Any, Any, Any]] = [
            (1, used_by, coupons.c.discount_cents, mine & live_hold_at(now) & few),
            (2, sent_to, coupons.c.expected_cents, mine & open_at(now) & few),
        ]
        if scope == "user":
            paid = coupons.c.discount_cents - coupons.c.discount_cents * coupons.c.returned // coupons.c.units
            reads.append((0, used_by, paid, mine & (coupons.c.state == "redeemed") & few))
        else:
            at = (sums.c.campaign_id == head.account.campaign_id) & (sums.c.scope == scope)
            for row in connection.execute(sa.select(sums.c.key, sums.c.spent_cents).where(at)):
                found.setdefault((scope, row.key), [0, 0, 0])[0] += row.spent_cents
        for place, key, cents, where in reads:
            total = sa.select(key, sa.func.sum(cents)).where(where).group_by(key)
            for name, value in connection.execute(total):
                whose = names.get(name or "", name or "") if scope == "user" else name or ""
                found.setdefault((scope, whose), [0, 0, 0])[place] += int(value)
    return {
        (scope, key): scope_purse(scope, head.scopes[scope], head.account, *cents)
        for (scope, key), cents in found.items()
    }
