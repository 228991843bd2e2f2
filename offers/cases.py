"""One case before the rules: the coupon a code names, its campaign's account, and the facts around the judged moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.answers import Ask
from offers.book import Book, Coupon, Facts
from offers.chain import Head
from offers.codes import canonical
from offers.commands import Command, Entry, Hold, Redeem, Refusal, Release, Reverse
from offers.journal import Journal, coupon_of, read_account, store_of
from offers.ledger import decide
from offers.slots import is_open, local_day
from offers.tables import coupons

Stock = Callable[[str, str], int | None]
"""(store_id, product_id) to units in stock, None when unknown."""


@dataclass(frozen=True)
class Case:
    """A coupon's row (code, currency and terms), the rules' view of it, and its account's head."""

    row: Any
    coupon: Coupon
    head: Head


def find_case(connection: sa.Connection, code: str, now: datetime, *, lock: bool) -> Case | None:
    """The case of a code as someone typed it, None when no coupon has it. About `lock` see `case_where`."""
    known = canonical(code)
    return None if known is None else case_where(connection, coupons.c.code == known, now, lock=lock)


def case_where(connection: sa.Connection, where: sa.ColumnElement[bool], now: datetime, *, lock: bool) -> Case | None:
    """The case of the one coupon `where` finds, or None.

    With `lock` the account is locked first and the coupon read again behind it, so it stays as read until the
    transaction ends.
    """
    find = sa.select(coupons).where(where)
    row = connection.execute(find).one_or_none()
    if row is None:
        return None
    head = read_account(connection, row.campaign_id, now, lock=lock)
    if lock:
        row = connection.execute(find).one()
    return Case(row, coupon_of(row), head)


def units_in_stock(journal: Journal, code: str, stock: Stock | None) -> int | None:
    """What `stock` says of the coupon's product in its store. Asked before the transaction that decides: whoever answers
    may be slow, and a campaign's lock isn't held while waiting for them."""
    known = canonical(code)
    if stock is None or known is None:
        return None
    with journal.read() as connection:
        find = sa.select(coupons.c.store_id, coupons.c.product_id).where(coupons.c.code == known)
        row = connection.execute(find).one_or_none()
    return None if row is None else stock(row.store_id, row.product_id)


def judge(
    connection: sa.Connection, case: Case | None, kind: str, ask: Ask, now: datetime, units: int | None
) -> tuple[Entry | Refusal, str]:
    """The rules' word on one command, and the store's calendar day it was judged for."""
    at = ask.till_time or now
    if case is None:
        return decide(Book(None, None), command_of(kind, ask, at), now), ""
    skew = case.head.max_till_skew_s
    if skew is not None and abs((at - now).total_seconds()) > skew:
        at = now
    facts, day = _facts(connection, case.coupon, at, now, units)
    return decide(Book(case.coupon, case.head.account, facts), command_of(kind, ask, at), now), day


def command_of(kind: str, ask: Ask, at: datetime) -> Command:
    """The ask as a value of the rules."""
    order_id = ask.order_id or ""
    if kind == "release":
        return Release(order_id, at, ask.user_id)
    if kind == "reverse":
        return Reverse(order_id, at, ask.user_id)
    at_till = Hold if kind == "hold" else Redeem
    return at_till(order_id, ask.store_id, ask.lines, at, ask.user_id)


def _facts(
    connection: sa.Connection, coupon: Coupon, at: datetime, now: datetime, units: int | None
) -> tuple[Facts, str]:
    store = store_of(connection, coupon.store_id)
    day = (local_day(store, at) if store else at.date()).isoformat()
    today = 0
    if coupon.user_id is not None:
        taken = (coupons.c.state == "redeemed") | ((coupons.c.state == "held") & (coupons.c.held_until > now))
        theirs = (coupons.c.user_id == coupon.user_id) & (coupons.c.campaign_id == coupon.campaign_id)
        others = theirs & (coupons.c.used_day == day) & (coupons.c.offer_id != coupon.offer_id) & taken
        today = connection.execute(sa.select(sa.func.count()).select_from(coupons).where(others)).scalar_one()
    return Facts(is_open(store, at) if store else None, units, today), day
