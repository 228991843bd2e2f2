"""The journal: accounts, coupons and their append-only entries, read and written inside one transaction at a time.

Every change to a campaign's money begins with its account read under a lock, which one writer at a time holds until it
commits; the book a decision reads therefore can't change before its entry stands. Where a budget spans all campaigns, the
account of the chain is locked too. Locks are taken in one order: the counter, or orders by their numbers; then accounts
by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.book import Account, Coupon, Scope
from offers.bulk import DIALECTS, among
from offers.chain import CHAIN, Head
from offers.database import LedgerError, connect, transaction
from offers.slots import Store
from offers.tables import accounts, coupons, stores

COUPON_FIELDS = tuple(Coupon.__dataclass_fields__)
COUPON_COLUMNS = tuple(coupons.c[name] for name in COUPON_FIELDS)
_SAME = tuple(
    name for name in Account.__dataclass_fields__ if name in accounts.c and name not in ("reserve_cents", "campaign_id")
)


_MANY: sa.BindParameter[str] = sa.bindparam("campaigns", expanding=True)
_HEADS = (
    sa.select(accounts)
    .where(accounts.c.campaign_id.in_(_MANY) | ((accounts.c.campaign_id == CHAIN) & (accounts.c.granted_cents > 0)))
    .order_by(accounts.c.campaign_id)
)
_LOCK_HEADS = _HEADS.with_for_update()
_STORES = {dialect: sa.select(stores).where(among(dialect, stores.c.store_id, "stores")) for dialect in DIALECTS}


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


def read_heads(connection: sa.Connection, campaign_ids: Collection[str], *, lock: bool) -> dict[str, Head]:
    """Heads of the campaigns that have an account; with `lock`, nobody else moves them until the transaction ends.

    The chain's account comes along (and is locked) when it caps all campaigns or is asked for.
    """
    rows = connection.execute(_LOCK_HEADS if lock else _HEADS, {"campaigns": list(campaign_ids)})
    return {row.campaign_id: _head_of(row) for row in rows}


def read_account(connection: sa.Connection, campaign_id: str, *, lock: bool) -> Head:
    """One campaign's head. Raises LedgerError when it was never opened."""
    head = read_heads(connection, [campaign_id], lock=lock).get(campaign_id)
    if head is None:
        raise LedgerError(f"campaign {campaign_id} has no account; plan it once to open it")
    return head


def find_account(connection: sa.Connection, campaign_id: str, now: datetime) -> Account | None:
    """The campaign's account as of `now`, with what live holds and open coupons take; None when it was never opened."""
    head = read_heads(connection, [campaign_id], lock=False).get(campaign_id)
    if head is None:
        return None
    mine = coupons.c.campaign_id == campaign_id
    held, promised = sums_now(connection, mine, now)
    return replace(head.account, held_cents=held, promised_cents=promised)


def sums_now(connection: sa.Connection, mine: sa.ColumnElement[bool], now: datetime) -> tuple[int, int]:
    """(cents under live holds, expected cost of open coupons that aren't held) of the coupons that `mine` picks."""
    return (
        _sum(connection, coupons.c.discount_cents, mine & live_hold_at(now)),
        _sum(connection, coupons.c.expected_cents, mine & open_at(now)),
    )


def live_hold_at(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Coupons under a hold that hasn't run out."""
    return (coupons.c.state == "held") & (coupons.c.held_until > now)


def open_at(now: datetime) -> sa.ColumnElement[bool]:
    """Coupons that may still come: neither used nor withdrawn nor over, and under no live hold."""
    unheld = (coupons.c.state == "issued") | ((coupons.c.state == "held") & (coupons.c.held_until <= now))
    return unheld & (coupons.c.valid_until > now)


def coupon_of(row: Any) -> Coupon:
    """The rules' view of a row of `coupons`."""
    return read_coupon([getattr(row, name) for name in COUPON_FIELDS])


def read_coupon(values: Iterable[Any]) -> Coupon:
    """The coupon whose fields these are, in the order of COUPON_COLUMNS; whatever comes after them is left alone."""
    coupon = object.__new__(Coupon)
    # As in `book.changed`: nothing is checked in its making.
    coupon.__dict__.update(zip(COUPON_FIELDS, values, strict=False))
    return coupon


def read_stores(connection: sa.Connection, store_ids: Collection[str]) -> dict[str, Store]:
    """The clocks of those stores that the ledger knows."""
    found = connection.execute(_STORES[connection.dialect.name], {"stores": store_ids})
    return {row.store_id: Store(**row._mapping) for row in found}


def _sum(connection: sa.Connection, column: sa.Column[int], where: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(where)).scalar_one())


def _head_of(row: Any) -> Head:
    reserve = max(0, row.reserve_cents - row.released_cents)
    account = Account(
        row.campaign_id, reserve_cents=reserve, **{name: getattr(row, name) for name in _SAME}, scope=_scope(row)
    )
    told: dict[Scope, int | None] = {
        "store": row.per_store_cents,
        "user": row.per_user_cents,
        "day": row.per_day_cents,
    }
    scopes = {scope: cents for scope, cents in told.items() if cents is not None}
    return Head(account, row.head_seq, row.head_hash, row.max_till_skew_s, scopes)


def _scope(row: Any) -> Scope:
    return "chain" if row.campaign_id == CHAIN else "campaign"
