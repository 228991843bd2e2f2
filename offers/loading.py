"""Reading what a group of commands needs: accounts under their lock first, then everything that stays as it is behind it."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from offers.bulk import DIALECTS, among
from offers.chain import CHAIN
from offers.columns import Moment
from offers.journal import COUPON_COLUMNS, live_hold_at, read_coupon, read_heads, read_stores
from offers.loaded import Loaded
from offers.persons import same_person
from offers.tables import accounts, coupons

_CAMPAIGNS: sa.BindParameter[str] = sa.bindparam("campaigns", expanding=True)
_LIVE = live_hold_at(sa.bindparam("now", type_=Moment))
_HELD = sa.func.sum(coupons.c.discount_cents)
_BY = (coupons.c.campaign_id, coupons.c.store_id, coupons.c.used_day)
_HOLDS = sa.select(*_BY, _HELD, sa.func.count()).where(coupons.c.campaign_id.in_(_CAMPAIGNS) & _LIVE).group_by(*_BY)
_HELD_BY_ALL = sa.select(_HELD).where(_LIVE)
_SPENT_BY_ALL = sa.select(sa.func.sum(accounts.c.spent_cents))
# A plan made while a table was small is kept while it grows, so it may not be one that reads the whole of it.
_BY_INDEX = sa.text("SELECT set_config('enable_seqscan', 'off', true)")
_LOCK_ORDERS = sa.text("SELECT pg_advisory_xact_lock(one) FROM unnest(CAST(:orders AS bigint[])) AS one")


class _Reads:
    """Built once a database: a statement built anew for every call costs more than its answer."""

    def __init__(self, dialect: str) -> None:
        asked = among(dialect, coupons.c.code, "codes")
        # An expression that no index has: every coupon used so far would be read to find these few.
        state = coupons.c.state.concat("")
        used = (state == "held") | (state == "redeemed")
        theirs, mates = among(dialect, coupons.c.user_id, "users"), among(dialect, coupons.c.order_id, "orders")
        self.persons = same_person(dialect)
        self.whose = sa.select(coupons.c.code, coupons.c.campaign_id, coupons.c.user_id).where(asked)
        more = (coupons.c.code, coupons.c.currency, coupons.c.send_at, coupons.c.seq)
        self.near = sa.select(*COUPON_COLUMNS, *more).where(asked | (used & theirs) | (used & mates))


_READS = {dialect: _Reads(dialect) for dialect in DIALECTS}


def load(connection: sa.Connection, codes: set[str], order_ids: set[str], now: datetime, *, lock: bool) -> Loaded:
    """The state around the coupons of `codes` (canonical) and the other coupons of their users and of `order_ids`.

    `now`: the earliest moment of the group. The chain's account is locked too if a code is unknown (its refusal is an entry
    there) or a budget spans all campaigns.
    """
    loaded, reads = Loaded(connection, now), _READS[connection.dialect.name]
    # SQLite has one writer at a time, and nothing changes behind its lock.
    many_writers = lock and connection.dialect.name == "postgresql"
    if connection.dialect.name == "postgresql":
        connection.execute(_BY_INDEX)
    if many_writers and order_ids:
        # Coupons of several campaigns may share an order, and a unit's floor; the campaigns' locks don't meet.
        connection.execute(_LOCK_ORDERS, {"orders": sorted(map(_order_lock, order_ids))})
    known = connection.execute(reads.whose, {"codes": codes}).all()
    campaigns = {row.campaign_id for row in known}
    wanted = campaigns if len(known) == len(codes) and known else campaigns | {CHAIN}
    loaded.heads = read_heads(connection, wanted, lock=lock)
    if many_writers and CHAIN not in loaded.heads:
        # Whoever waited for a lock saw the cap as it was before; behind the lock it is looked at again.
        loaded.heads |= read_heads(connection, (), lock=True)
    users = {row.user_id for row in known if row.user_id is not None}
    loaded.names = (
        {row.reference: row.name for row in connection.execute(reads.persons, {"users": users})} if users else {}
    )
    users |= {one for one in loaded.names if one is not None}
    for row in connection.execute(reads.near, {"codes": codes, "users": users, "orders": order_ids}):
        loaded.put(row, read_coupon(row))
    loaded.stores = read_stores(connection, {coupon.store_id for coupon in loaded.coupons.values()})
    _read_holds(loaded, campaigns)
    return loaded


def _read_holds(loaded: Loaded, campaigns: set[str]) -> None:
    for campaign_id, store_id, day, held, n in loaded.connection.execute(
        _HOLDS, {"campaigns": list(campaigns), "now": loaded.now}
    ):
        loaded.hold(campaign_id, store_id, day, int(held), n)
    chain = loaded.heads.get(CHAIN)
    if chain is not None and chain.account.granted_cents > 0:
        spent = loaded.connection.execute(_SPENT_BY_ALL).scalar()
        held = loaded.connection.execute(_HELD_BY_ALL, {"now": loaded.now}).scalar()
        loaded.chain_cents = [int(spent or 0), int(held or 0)]


def _order_lock(order_id: str) -> int:
    """A number for PostgreSQL's locks by number; two orders with one number only wait for each other."""
    return int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:8], "big", signed=True)
