"""Reading what a group of commands needs: accounts under their lock first, then everything that stays as it is behind it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from offers.chain import CHAIN
from offers.journal import coupon_of, live_hold_at, read_heads, read_stores
from offers.loaded import Loaded
from offers.tables import accounts, coupons


def load(connection: sa.Connection, codes: set[str], order_ids: set[str], now: datetime, *, lock: bool) -> Loaded:
    """The state around the coupons of `codes` (canonical) and the other coupons of their users and of `order_ids`.

    `now`: the earliest moment of the group. The chain's account is locked too if a code is unknown (its refusal is an entry
    there) or a budget spans all campaigns.
    """
    loaded = Loaded(connection, now)
    find = sa.select(coupons.c.code, coupons.c.campaign_id, coupons.c.user_id).where(coupons.c.code.in_(codes))
    known = connection.execute(find).all()
    campaigns = {row.campaign_id for row in known}
    wanted = campaigns if len(known) == len(codes) and known else campaigns | {CHAIN}
    loaded.heads = read_heads(connection, wanted, lock=lock)
    users = {row.user_id for row in known if row.user_id is not None}
    used = coupons.c.state.in_(("held", "redeemed"))
    theirs = coupons.c.user_id.in_(users) & coupons.c.campaign_id.in_(campaigns)
    near = coupons.c.code.in_(codes) | (used & theirs) | (used & coupons.c.order_id.in_(order_ids))
    for row in connection.execute(sa.select(coupons).where(near)):
        loaded.put(row, coupon_of(row))
    loaded.stores = read_stores(connection, {coupon.store_id for coupon in loaded.coupons.values()})
    _read_holds(loaded, campaigns)
    return loaded


def _read_holds(loaded: Loaded, campaigns: set[str]) -> None:
    cents, number = sa.func.sum(coupons.c.discount_cents), sa.func.count()
    by = (coupons.c.campaign_id, coupons.c.store_id, coupons.c.used_day)
    live = live_hold_at(loaded.now)
    groups = sa.select(*by, cents, number).where(coupons.c.campaign_id.in_(campaigns) & live).group_by(*by)
    for campaign_id, store_id, day, held, n in loaded.connection.execute(groups):
        loaded.held[campaign_id][store_id, day] = [int(held), n]
    chain = loaded.heads.get(CHAIN)
    if chain is not None and chain.account.granted_cents > 0:
        spent = loaded.connection.execute(sa.select(sa.func.sum(accounts.c.spent_cents))).scalar()
        held = loaded.connection.execute(sa.select(cents).where(live)).scalar()
        loaded.chain_cents = [int(spent or 0), int(held or 0)]
