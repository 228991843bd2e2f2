"""Leases: how much each till of a store may pay without network. Their sum never exceeds the store's allowance.

Two tills that can't talk may both pay one coupon, and no rule of theirs can prevent it; so what is bounded is money: a till pays
at most its lease, and the open leases of a store at most its allowance. A lease stays open until its till closes it,
or until a till whose clock is slow can have brought in the last it paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from offers.answers import Answer, KeyReused
from offers.chain import CHAIN, Stamp, append
from offers.claims import Allowance
from offers.columns import Moment
from offers.commands import Entry
from offers.group import Result
from offers.journal import read_account, read_stores
from offers.tables import leases
from offers.till import Note

LIFE = timedelta(hours=24)
SYNC = timedelta(hours=24)
"""Counted on after the end, for a till that settles late."""


class AllowanceError(Exception):
    """The store's allowance doesn't cover what was asked. The message says what is left."""


class UnknownLease(Exception):
    """No such lease is the store's, or it isn't the till's that closes it."""


class LeaseOver(Exception):
    """The lease that was asked for again is closed or has run out, and its money may be another till's by now."""


def open_cents(connection: sa.Connection, store_id: str, now: datetime) -> int:
    """The store's exposure: cents of its leases that aren't over."""
    mine = (leases.c.store_id == store_id) & leases.c.closed_at.is_(None) & (leases.c.expires_at > now - SYNC)
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(leases.c.cents), 0)).where(mine)).scalar_one())


def give(
    connection: sa.Connection,
    lease_id: str,
    store_id: str,
    till_id: str,
    cents: int,
    allowance: int,
    now: datetime,
    actor: str = "",
) -> tuple[Allowance, bool]:
    """A new lease of `cents`, or the open one that was given under this id before; whether it was.

    Raises AllowanceError when the store's `allowance` doesn't cover it beside the open ones, KeyReused when the id
    stands for another lease, LeaseOver when it stands for one that is over.
    """
    # One lease at a time: the chain's account is what everybody can queue at.
    head = read_account(connection, CHAIN, lock=True)
    before = connection.execute(sa.select(leases).where(leases.c.lease_id == lease_id)).one_or_none()
    if before is not None:
        if (before.store_id, before.till_id, before.cents) != (store_id, till_id, cents):
            raise KeyReused("this key was used for another lease; make a new key for each")
        if before.closed_at is not None or before.expires_at <= now:
            over = f"was closed at {before.closed_at}" if before.closed_at else f"ran out at {before.expires_at}"
            raise LeaseOver(f"lease {lease_id} {over}; ask with a new Idempotency-Key for another")
        return Allowance(*(getattr(before, name) for name in Allowance.__dataclass_fields__)), True
    if not read_stores(connection, [store_id]):
        raise AllowanceError(f"store {store_id} is in no table of stores; ingest it and plan once")
    left = allowance - open_cents(connection, store_id, now)
    if cents > left:
        raise AllowanceError(
            f"store {store_id} may pay {allowance} cents without network and {max(left, 0)} aren't lent to a till; ask"
            " for less, or close a lease"
        )
    now = now.replace(microsecond=0)
    lease = Allowance(lease_id, store_id, till_id, cents, now, now + LIFE)
    connection.execute(sa.insert(leases).values(**vars(lease), paid_cents=0))
    lent = Entry("lease", None, CHAIN, None, store_id, cents, now, now, held_until=lease.expires_at, token_id=lease_id)
    append(connection, head, [(lent, None, Stamp(actor, till_id))])
    return lease, False


def check(connection: sa.Connection, lease_id: str, store_id: str, till_id: str | None) -> None:
    """Raises UnknownLease when no such lease, open or over, is the store's and (unless None) the till's."""
    owner = connection.execute(
        sa.select(leases.c.till_id).where((leases.c.lease_id == lease_id) & (leases.c.store_id == store_id))
    ).scalar()
    if owner is None:
        raise UnknownLease(f"lease {lease_id} isn't store {store_id}'s; name the lease that the till was given there")
    if till_id is not None and owner != till_id:
        raise UnknownLease(f"lease {lease_id} isn't till {till_id}'s in store {store_id}; a till closes its own")


def note_paid(connection: sa.Connection, lease_id: str, store_id: str, cents: int) -> None:
    """Note what a till paid under its lease."""
    mine = (leases.c.lease_id == lease_id) & (leases.c.store_id == store_id)
    connection.execute(sa.update(leases).where(mine).values(paid_cents=leases.c.paid_cents + cents))


def noting(lease_id: str, store_id: str) -> Note:
    """Notes what a settlement books under the lease, in the transaction that books it: both stand or neither."""

    def note(connection: sa.Connection, results: Sequence[Result]) -> None:
        # An answer given again was noted when it was first given.
        new = [one for one in results if isinstance(one, Answer) and one.ok and not one.replay]
        if new:
            note_paid(connection, lease_id, store_id, sum(one.body["discount_cents"] for one in new))

    return note


def close(connection: sa.Connection, lease_id: str, store_id: str, till_id: str, now: datetime) -> None:
    """End a lease, again if need be: its till pays no more under it, and what it didn't pay can be lent again.

    Raises UnknownLease when no such lease is this till's.
    """
    check(connection, lease_id, store_id, till_id)
    ended = sa.func.coalesce(leases.c.closed_at, sa.bindparam("now", now, Moment))
    connection.execute(sa.update(leases).where(leases.c.lease_id == lease_id).values(closed_at=ended))


def overrun(connection: sa.Connection, begin: datetime | None = None, end: datetime | None = None) -> list[str]:
    """Leases under which more was paid than lent, one plain line each: a till that didn't keep its limit.

    Only those that could be paid under at some moment of [begin, end); None is open.
    """
    found = sa.select(leases).where(leases.c.paid_cents > leases.c.cents).order_by(leases.c.lease_id)
    if begin is not None:
        found = found.where(leases.c.expires_at > begin)
    if end is not None:
        found = found.where(leases.c.issued_at < end)
    return [
        f"lease {row.lease_id} of till {row.till_id}, store {row.store_id}: {row.paid_cents} cents paid, {row.cents} lent"
        for row in connection.execute(found)
    ]
