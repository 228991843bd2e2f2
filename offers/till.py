"""Acts in one transaction: load what they need under a lock, decide one after the other, store all of it at once.

Retrying is safe: the answer, a refusal too, is stored with the key and the hash of the body, so the same call gets the
same answer, and a key used for something else is KeyReused."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from offers.acting import Acting
from offers.acts import Act, done_body
from offers.answers import Answer, Ask, KeyReused
from offers.book import Coupon, Line
from offers.bulk import DIALECTS, among
from offers.cashier import refused_body
from offers.commands import Refusal
from offers.database import LedgerBusy
from offers.group import MOST, Result
from offers.journal import Journal
from offers.loading import load
from offers.tables import answers, coupons

log = logging.getLogger("daypart.offers")
Stock = Callable[[str, str], int | None]
"""(store_id, product_id) to units in stock, None: unknown."""
Units = Sequence[int | None]
Note = Callable[[sa.Connection, Sequence[Result]], None]
"""Writes, in the transaction that gave the results, what goes with them."""
_STORED = {dialect: sa.select(answers).where(among(dialect, answers.c.key, "keys")) for dialect in DIALECTS}
_SHELF = sa.select(coupons.c.code, coupons.c.store_id, coupons.c.product_id)
_SHELVES = {dialect: _SHELF.where(among(dialect, coupons.c.code, "codes")) for dialect in DIALECTS}


def quote(journal: Journal, code: str, ask: Ask, now: datetime, stock: Stock | None) -> Answer:
    """What a redemption would answer, without effect; what isn't told is right."""
    units = _in_stock(journal, [act := Act("quote", code, ask, None, now)], stock)[0]
    with journal.read() as connection:
        loaded = load(connection, _codes([act]), _orders([act]), now, lock=False)
        coupon = loaded.find(act.known_code)
        if coupon is not None:
            lines = (Line(coupon.product_id),) if ask.lines is None else ask.lines
            act = replace(act, ask=replace(ask, store_id=ask.store_id or coupon.store_id, lines=lines))
        result, _ = Acting(loaded).judge(act, units)
    if isinstance(result, Refusal):
        return Answer(False, refused_body(result, coupon, act))
    name, account = result.offer_id or "", loaded.heads[result.campaign_id].account
    return Answer(True, done_body(result, loaded.rows[name], loaded.coupons[name], account) | {"kind": "quote"})


def carry_out(journal: Journal, acts: Sequence[Act], stock: Stock | None, note: Note | None = None) -> list[Result]:
    """Carry the acts out in one transaction, as if one came after the other; an act whose key was used for something else
    gives KeyReused in its place. Raises LedgerError."""
    if not acts:
        return []
    units = _in_stock(journal, acts, stock)
    try:
        with journal.write() as connection:
            return _together(connection, list(acts), units, note)
    except IntegrityError:
        # A key that came in meanwhile for another campaign, whose lock isn't ours: nothing was stored.
        if len(acts) > 1:
            return [carry_out(journal, [act], stock, note)[0] for act in acts]
    with journal.read() as connection:
        stored = _stored(connection, acts).get(acts[0].key or "")
    if stored is None:
        raise LedgerBusy("ledger: another write came in between and nothing was stored; try again")
    return [_again(stored, acts[0], None)]


def settle(journal: Journal, sales: Sequence[tuple[str, Ask]], now: datetime, note: Note | None) -> list[Answer]:
    """Settle (code, sale) each, a transaction for every so many; one answer a sale, in order. Raises LedgerError."""
    acts = [Act("settle", code, ask, f"settle:{code}:{ask.order_id}", now) for code, ask in sales]
    starts = range(0, len(acts), MOST)
    done = [one for start in starts for one in carry_out(journal, acts[start : start + MOST], None, note)]
    # A sale's key is made of the sale: nobody else can have used it.
    return cast("list[Answer]", done)


def code_of_offer(journal: Journal, offer_id: str) -> str:
    """The coupon's code; an empty text, which is no code, for an unknown offer."""
    with journal.read() as connection:
        return connection.execute(sa.select(coupons.c.code).where(coupons.c.offer_id == offer_id)).scalar() or ""


def _together(connection: sa.Connection, acts: list[Act], units: Units, note: Note | None) -> list[Result]:
    # Whatever one of them sees as held counts for all.
    earliest = min(act.now for act in acts)
    loaded = load(connection, _codes(acts), _orders(acts), earliest, lock=True)
    stored = _stored(connection, acts)
    acting, results = Acting(loaded), list[Result]()
    for act, in_stock in zip(acts, units, strict=True):
        known = stored.get(act.key or "")
        if known is not None:
            results.append(_again(known, act, loaded.find(act.known_code)))
            continue
        results.append(answer := acting.carry_out(act, in_stock))
        if act.key is not None:
            stored[act.key] = (act.body_hash, answer)
    acting.write(connection)
    if note is not None:
        note(connection, results)
    for account in (head.account for head in loaded.heads.values()):
        above = account.spent_cents - account.granted_cents
        if account.overspend_cents and above > 0:
            told = (account.campaign_id, above, account.overspend_cents)
            log.warning("campaign %s honours coupons above its grant: %d cents of at most %d", *told)
    return results


def _stored(connection: sa.Connection, acts: Sequence[Act]) -> dict[str, tuple[str, Answer]]:
    keys = [act.key for act in acts if act.key is not None]
    found = connection.execute(_STORED[connection.dialect.name], {"keys": keys}) if keys else ()
    return {row.key: (row.body_hash, Answer(row.ok, json.loads(row.body))) for row in found}


def _again(known: tuple[str, Answer], act: Act, coupon: Coupon | None) -> Result:
    body_hash, answer = known
    if not act.is_answered_by(body_hash, answer, coupon):
        return KeyReused(f"idempotency key {act.key!r} was used for another request; make a new key for each")
    return replace(answer, replay=True)


def _codes(acts: Sequence[Act]) -> set[str]:
    # What can't be a code stands for itself: it is found nowhere.
    return {act.known_code or act.code[:32] for act in acts}


def _orders(acts: Sequence[Act]) -> set[str]:
    return {act.ask.order_id for act in acts if act.ask.order_id}


def _in_stock(journal: Journal, acts: Sequence[Act], stock: Stock | None) -> list[int | None]:
    """What `stock` says of each coupon's product in its store. Asked before the transaction that decides: whoever answers
    may be slow, and a campaign's lock isn't held while waiting for them."""
    asking = [act.known_code if act.kind in ("hold", "redeem", "quote") else None for act in acts]
    paying = {code for code in asking if code is not None}
    if stock is None or not paying:
        return [None] * len(acts)
    with journal.read() as connection:
        found = connection.execute(_SHELVES[connection.dialect.name], {"codes": paying})
        known = {row.code: (row.store_id, row.product_id) for row in found}
    return [stock(*known[code]) if code in known else None for code in asking]
