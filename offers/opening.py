"""Opening: what campaign files and the chain's store table say, brought into the ledger before anything is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from offers.campaign import Campaign
from offers.chain import GENESIS, Stamp, append, move_head
from offers.commands import Entry
from offers.journal import read_account
from offers.slots import Store
from offers.tables import accounts, counters, stores


def lock_issuing(connection: sa.Connection, n_new: int = 0) -> int:
    """The last sequence number given to a coupon, after adding `n_new`; nobody else issues until we commit."""
    bump = sa.update(counters).where(counters.c.name == "offers").values(value=counters.c.value + n_new)
    return int(connection.execute(bump.returning(counters.c.value)).scalar_one())


def open_account(connection: sa.Connection, campaign: Campaign, now: datetime) -> None:
    """Make the account say what the campaign's file says; money that came or went is an entry, so a replay finds it."""
    lock_issuing(connection)
    limits = campaign.limits
    terms = {
        "reserve_cents": campaign.budget.reserve_cents,
        "max_per_user_day": limits.per_user_day,
        "hold_s": limits.hold_s,
        "max_till_skew_s": limits.max_till_skew_s,
        "stopped": campaign.stopped,
    }
    if connection.execute(sa.select(accounts).where(accounts.c.campaign_id == campaign.id)).first() is None:
        blank = {"granted_cents": 0, "spent_cents": 0, "head_seq": 0, "head_hash": GENESIS}
        connection.execute(sa.insert(accounts).values(campaign_id=campaign.id, **blank, **terms))
    head = read_account(connection, campaign.id, now, lock=True)
    granted = campaign.budget.granted_cents
    if granted != head.account.granted_cents:
        grant = Entry("grant", None, campaign.id, None, None, granted - head.account.granted_cents, now, now)
        head = append(connection, head, [(grant, None, Stamp("campaign file"))])
    move_head(connection, head, campaign.id, head.seq, head.hash, granted_cents=granted, **terms)


def put_stores(connection: sa.Connection, clocks: Sequence[Store]) -> None:
    """Insert the stores' clocks or bring them up to date; what hasn't changed isn't written."""
    known = {row.store_id: Store(**row._mapping) for row in connection.execute(sa.select(stores))}
    news = sorted((store for store in clocks if store.store_id not in known), key=lambda store: store.store_id)
    if news:
        connection.execute(sa.insert(stores), [asdict(store) for store in news])
    for store in sorted(clocks, key=lambda store: store.store_id):
        if known.get(store.store_id, store) != store:
            connection.execute(sa.update(stores).where(stores.c.store_id == store.store_id).values(asdict(store)))
