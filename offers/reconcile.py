"""Reconciliation: what tills say they paid beside what the ledger says, coupon by coupon and order by order.

Both sides are netted (paid less returned) for each coupon and order. Either they agree everywhere, or every pair that doesn't
is listed with both amounts; so is what a till paid without network and no budget owes, though both sides agree on it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.codes import canonical, shown
from offers.journal import Journal
from offers.leases import overrun
from offers.tables import coupons, entries
from offers.till_table import Pair, TillRow, netted

_SIGN = {"redeem": 1, "overpay": 1, "reverse": -1}


@dataclass(frozen=True)
class Difference:
    """One coupon and order on which the two sides differ, or that no budget owes."""

    what: str
    coupon: str
    order_id: str
    till_cents: int
    ledger_cents: int


@dataclass(frozen=True)
class Reconciled:
    """`difference_cents` is till less ledger; zero with exceptions means they outweigh each other."""

    n_till_rows: int
    till_cents: int
    ledger_cents: int
    difference_cents: int
    exceptions: tuple[Difference, ...]
    overrun: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to look at."""
        return not self.exceptions and not self.overrun


def reconcile(
    journal: Journal, rows: Sequence[TillRow], begin: datetime | None = None, end: datetime | None = None
) -> Reconciled:
    """Compare the till's rows with the ledger's entries whose judged moment is in [begin, end); None is open.

    Rows with a moment outside are left out. Where rows name stores, only entries of those stores count. Leases
    overrun are told when they could be paid under in that time. Raises LedgerError.
    """
    rows = [row for row in rows if row.at is None or _within(row.at, begin, end)]
    stores = {row.store_id for row in rows if row.store_id is not None}
    only = stores if all(row.store_id is not None for row in rows) and rows else None
    with journal.read() as connection:
        names = _offers(connection, rows)
        ledger, unowed, codes = _entries(connection, begin, end, only)
        told = tuple(overrun(connection, begin, end))
    till = netted(((names.get(canonical(row.coupon) or row.coupon, row.coupon), row.order_id), row) for row in rows)
    known = set(names.values())
    found = []
    for pair in sorted(till.keys() | ledger.keys()):
        offer_id, order_id = pair
        paid, booked = till[pair], ledger[pair]
        coupon = codes.get(offer_id) or offer_id
        if paid != booked:
            what = _difference(paid, booked, offer_id in known or offer_id in codes)
            found.append(Difference(what, coupon, order_id, paid, booked))
        elif booked and unowed[pair]:
            reasons = ", ".join(sorted(unowed[pair]))
            found.append(
                Difference(f"paid without network, owed by no budget: {reasons}", coupon, order_id, paid, booked)
            )
    total, booked = sum(till.values()), sum(ledger.values())
    return Reconciled(len(rows), total, booked, total - booked, tuple(found), told)


def _within(at: datetime, begin: datetime | None, end: datetime | None) -> bool:
    return (begin is None or at >= begin) and (end is None or at < end)


def _difference(paid: int, booked: int, known: bool) -> str:
    if not known:
        return "a coupon the ledger doesn't know"
    if not booked:
        return "paid by the till, not in the ledger"
    return "in the ledger, not paid by the till" if not paid else "the amounts differ"


def _offers(connection: sa.Connection, rows: Sequence[TillRow]) -> dict[str, str]:
    """Offer by canonical code and by itself, for the coupons the rows name."""
    named = sorted({canonical(row.coupon) or row.coupon for row in rows})
    found = {}
    for start in range(0, len(named), 500):
        some = named[start : start + 500]
        find = sa.select(coupons.c.offer_id, coupons.c.code).where(
            coupons.c.code.in_(some) | coupons.c.offer_id.in_(some)
        )
        for row in connection.execute(find):
            found[row.code] = found[row.offer_id] = row.offer_id
    return found


def _entries(
    connection: sa.Connection, begin: datetime | None, end: datetime | None, stores: set[str] | None
) -> tuple[Counter[Pair], dict[Pair, set[str]], dict[str, str]]:
    """(cents, reasons of overpayments) by (offer, order), and the codes of those offers."""
    find = sa.select(entries, coupons.c.code, coupons.c.points).outerjoin(
        coupons, coupons.c.offer_id == entries.c.offer_id
    )
    find = find.where(entries.c.kind.in_(_SIGN))
    if begin is not None:
        find = find.where(entries.c.judged_at >= begin)
    if end is not None:
        find = find.where(entries.c.judged_at < end)
    if stores is not None:
        find = find.where(entries.c.store_id.in_(stores))
    cents: Counter[Pair] = Counter()
    unowed: defaultdict[Pair, set[str]] = defaultdict(set)
    codes: dict[str, str] = {}
    row: Any
    for row in connection.execute(find.execution_options(yield_per=1000)):
        pair = (row.offer_id, row.order_id)
        # Points cost the budget and take nothing off at the till.
        cents[pair] += 0 if row.points else _SIGN[row.kind] * row.amount_cents
        codes[row.offer_id] = shown(row.code) if row.code else row.offer_id
        if row.kind == "overpay":
            unowed[pair].add(row.reason)
    return cents, unowed, codes
