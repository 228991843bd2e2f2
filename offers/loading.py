"""Reading what a group of commands needs: accounts under their lock first, then everything that stays as it is behind it."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from offers.chain import CHAIN
from offers.columns import Moment
from offers.journal import coupon_of, live_hold_at, read_heads, read_stores
from offers.loaded import Loaded
from offers.tables import accounts, coupons

# Built once: a statement built anew for every call costs more than its answer, and leaves cycles for the garbage collector.
_CODES: sa.BindParameter[str] = sa.bindparam("codes", expanding=True)
_CAMPAIGNS: sa.BindParameter[str] = sa.bindparam("campaigns", expanding=True)
_WHOSE = sa.select(coupons.c.code, coupons.c.campaign_id, coupons.c.user_id).where(coupons.c.code.in_(_CODES))
_USED = coupons.c.state.in_(("held", "redeemed"))
_THEIRS = coupons.c.user_id.in_(sa.bindparam("users", expanding=True)) & coupons.c.campaign_id.in_(_CAMPAIGNS)
_SAME_ORDER = coupons.c.order_id.in_(sa.bindparam("orders", expanding=True))
_NEAR = sa.select(coupons).where(coupons.c.code.in_(_CODES) | (_USED & _THEIRS) | (_USED & _SAME_ORDER))
_LIVE = live_hold_at(sa.bindparam("now", type_=Moment))
_HELD = sa.func.sum(coupons.c.discount_cents)
_BY = (coupons.c.campaign_id, coupons.c.store_id, coupons.c.used_day)
_HOLDS = sa.select(*_BY, _HELD, sa.func.count()).where(coupons.c.campaign_id.in_(_CAMPAIGNS) & _LIVE).group_by(*_BY)
_HELD_BY_ALL = sa.select(_HELD).where(_LIVE)
_SPENT_BY_ALL = sa.select(sa.func.sum(accounts.c.spent_cents))
_LOCK_ORDERS = sa.text("SELECT pg_advisory_xact_lock(one) FROM unnest(CAST(:orders AS bigint[])) AS one")


def load(connection: sa.Connection, codes: set[str], order_ids: set[str], now: datetime, *, lock: bool) -> Loaded:
    """The state around the coupons of `codes` (canonical) and the other coupons of their users and of `order_ids`.

    `now`: the earliest moment of the group. The chain's account is locked too if a code is unknown (its refusal is an entry
    there) or a budget spans all campaigns.
    """
    loaded = Loaded(connection, now)
    asked = list(codes)
    # SQLite has one writer at a time, and nothing changes behind its lock.
    many_writers = lock and connection.dialect.name == "postgresql"
    if many_writers and order_ids:
        # Coupons of several campaigns may share an order, and a unit's floor; the campaigns' locks don't meet.
        connection.execute(_LOCK_ORDERS, {"orders": sorted(map(_order_lock, order_ids))})
    known = connection.execute(_WHOSE, {"codes": asked}).all()
    campaigns = {row.campaign_id for row in known}
    wanted = campaigns if len(known) == len(codes) and known else campaigns | {CHAIN}
    loaded.heads = read_heads(connection, wanted, lock=lock)
    if many_writers and CHAIN not in loaded.heads:
        # Whoever waited for a lock saw the cap as it was before; behind the lock it is looked at again.
        loaded.heads |= read_heads(connection, (), lock=True)
    users = {row.user_id for row in known if row.user_id is not None}
    told = {"codes": asked, "users": list(users), "campaigns": list(campaigns), "orders": list(order_ids)}
    for row in connection.execute(_NEAR, told):
        loaded.put(row, coupon_of(row))
    loaded.stores = read_stores(connection, {coupon.store_id for coupon in loaded.coupons.values()})
    _read_holds(loaded, campaigns)
    return loaded


def _read_holds(loaded: Loaded, campaigns: set[str]) -> None:
    for campaign_id, store_id, day, held, n in loaded.connection.execute(
        _HOLDS, {"campaigns": list(campaigns), "now": loaded.now}
    ):
        loaded.held[campaign_id][store_id, day] = [int(held), n]
    chain = loaded.heads.get(CHAIN)
    if chain is not None and chain.account.granted_cents > 0:
        spent = loaded.connection.execute(_SPENT_BY_ALL).scalar()
        held = loaded.connection.execute(_HELD_BY_ALL, {"now": loaded.now}).scalar()
        loaded.chain_cents = [int(spent or 0), int(held or 0)]


def _order_lock(order_id: str) -> int:
    """A number for PostgreSQL's locks by number; two orders with one number only wait for each other."""
    return int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:8], "big", signed=True)
