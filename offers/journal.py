"""The journal: accounts, coupons and their append-only entries, read and written inside one transaction at a time.

Every change to a campaign's money begins with `read_account`, which one writer at a time holds until it commits; the
book a decision reads therefore can't change before its entry stands.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Account, Coupon
from offers.chain import Head
from offers.database import LedgerError, connect, transaction
from offers.slots import Store
from offers.tables import accounts, coupons, stores

__all__ = ["Journal", "LedgerError", "coupon_of", "read_account", "save_coupon", "store_of"]

_COUPON_FIELDS = tuple(Coupon.__dataclass_fields__)


class Journal:
    """An open ledger database. Safe to share between threads; one engine a process. Raises LedgerError on opening."""

    def __init__(self, url: str) -> None:
        """`url`: sqlite:///file or postgresql://user:password@host/name. Migrations run here."""
        self.engine = connect(url)

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that only reads."""
        return transaction(self.engine, write=False)

    def write(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that writes: on SQLite it holds the only write lock from its first moment."""
        return transaction(self.engine, write=True)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def read_account(
    connection: sa.Connection, campaign_id: str, now: datetime, *, lock: bool, promises: bool = False
) -> Head:
    """`find_account`, for a campaign that must have one. Raises LedgerError when it was never opened."""
    head = find_account(connection, campaign_id, now, lock=lock, promises=promises)
    if head is None:
        raise LedgerError(f"campaign {campaign_id} has no account; plan it once to open it")
    return head


def find_account(
    connection: sa.Connection, campaign_id: str, now: datetime, *, lock: bool, promises: bool = False
) -> Head | None:
    """The campaign's account as of `now`; with `lock`, nobody else moves it until the transaction ends.

    Promises (the expected cost of open coupons without a live hold) are summed only when asked for: tills don't need
    them.
    """
    find = sa.select(accounts).where(accounts.c.campaign_id == campaign_id)
    row = connection.execute(find.with_for_update() if lock else find).one_or_none()
    if row is None:
        return None
    mine = coupons.c.campaign_id == campaign_id
    held = mine & (coupons.c.state == "held") & (coupons.c.held_until > now)
    unheld = (coupons.c.state == "issued") | ((coupons.c.state == "held") & (coupons.c.held_until <= now))
    still_open = mine & unheld & (coupons.c.valid_until > now)
    account = Account(
        row.campaign_id,
        row.granted_cents,
        row.reserve_cents,
        row.spent_cents,
        _sum(connection, coupons.c.discount_cents, held),
        _sum(connection, coupons.c.expected_cents, still_open) if promises else 0,
        row.max_per_user_day,
        row.hold_s,
        row.stopped,
    )
    return Head(account, row.head_seq, row.head_hash, row.max_till_skew_s)


def _sum(connection: sa.Connection, column: sa.Column[int], where: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(where)).scalar_one())


def coupon_of(row: Any) -> Coupon:
    """The rules' view of a row of `coupons`."""
    return Coupon(**{name: getattr(row, name) for name in _COUPON_FIELDS})


def store_of(connection: sa.Connection, store_id: str) -> Store | None:
    """The store's clock, None when the ledger never heard of it."""
    row = connection.execute(sa.select(stores).where(stores.c.store_id == store_id)).one_or_none()
    return None if row is None else Store(**row._mapping)


def save_coupon(connection: sa.Connection, before: Coupon, after: Coupon, used_day: str | None) -> None:
    """Move the coupon's row from one state to the next. LedgerError if it wasn't where the decision saw it."""
    done = connection.execute(
        sa.update(coupons)
        .where(coupons.c.offer_id == before.offer_id, coupons.c.state == before.state)
        .values(state=after.state, order_id=after.order_id, held_until=after.held_until, used_day=used_day)
    )
    if done.rowcount != 1:
        raise LedgerError(f"coupon of offer {before.offer_id} moved under a lock; run daypart verify")
