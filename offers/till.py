"""One command of a till, in one transaction: load the case, decide, append, store the answer under its key.

Retrying is safe: the answer, a refusal too, is stored with the key and the hash of the body, so the same call gets the
same answer, and a key used for something else raises KeyReused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from offers.answers import Answer, Ask, KeyReused
from offers.book import Book, Line
from offers.cases import Case, Stock, case_where, find_case, judge, units_in_stock
from offers.cashier import refusal_text
from offers.chain import Stamp, append
from offers.codes import canonical, shown
from offers.commands import Entry, Refusal, Release
from offers.database import LedgerBusy
from offers.eligibility import paid_line, price_paid
from offers.journal import Journal, save_coupon
from offers.ledger import decide, follow
from offers.outbox import post, redemption_event
from offers.tables import answers, coupons


def quote(journal: Journal, code: str, ask: Ask, now: datetime, stock: Stock | None) -> Answer:
    """What a redemption would answer, without effect. What the ask doesn't tell is taken as right."""
    units = units_in_stock(journal, code, stock)
    with journal.read() as connection:
        case = find_case(connection, code, now, lock=False)
        if case is not None:
            lines = (Line(case.coupon.product_id),) if ask.lines is None else ask.lines
            ask = replace(ask, store_id=ask.store_id or case.coupon.store_id, lines=lines)
        result, _ = judge(connection, case, "redeem", ask, now, units)
    if case is None or isinstance(result, Refusal):
        return Answer(False, _refused(result))
    return Answer(True, {**_done(case, result), "kind": "quote"})


def carry_out(journal: Journal, kind: str, code: str, ask: Ask, key: str, now: datetime, stock: Stock | None) -> Answer:
    """Hold, redeem, release or reverse, once per key. Raises KeyReused, LedgerError; ValueError without an order."""
    if not ask.order_id:
        raise ValueError(f"{kind} needs an order_id")
    body_hash = _body_hash(kind, code, ask)
    units = units_in_stock(journal, code, stock if kind in ("hold", "redeem") else None)
    try:
        with journal.write() as connection:
            case = find_case(connection, code, now, lock=True)
            stored = _stored(connection, key, body_hash)
            if stored is not None:
                return stored
            result, day = judge(connection, case, kind, ask, now, units)
            answer = _append(connection, case, result, ask, day)
            row = {"key": key, "body_hash": body_hash, "ok": answer.ok, "body": json.dumps(answer.body), "at": now}
            connection.execute(sa.insert(answers).values(row))
            return answer
    except IntegrityError:
        # Two calls with one key that had no account to queue at, or different ones: the other was first.
        with journal.read() as connection:
            stored = _stored(connection, key, body_hash)
        if stored is None:
            raise LedgerBusy("ledger: another write came in between and nothing was stored; try again") from None
        return stored


def withdraw(journal: Journal, offer_id: str, actor: str, now: datetime) -> Answer:
    """Take an unused coupon back for good; what it had promised can be promised again. Doing it again is refused."""
    with journal.write() as connection:
        case = case_where(connection, coupons.c.offer_id == offer_id, now, lock=True)
        book = Book(case.coupon, case.head.account) if case else Book(None, None)
        return _append(connection, case, decide(book, Release(None, now), now), Ask(actor=actor), "")


def _append(connection: sa.Connection, case: Case | None, result: Entry | Refusal, ask: Ask, day: str) -> Answer:
    if case is None or isinstance(result, Refusal):
        return Answer(False, _refused(result))
    coupon = case.coupon
    detail = [[line.product_id, line.quantity, line.unit_price_cents, line.discount_cents] for line in ask.lines or ()]
    stamp = Stamp(ask.actor, ask.till_id, detail)
    head = append(connection, case.head, [(result, coupon.decision_id, stamp)])
    save_coupon(connection, coupon, follow(coupon, result), day)
    if result.kind == "redeem":
        price = price_paid(paid_line(ask.lines, coupon), coupon)
        post(connection, coupon.offer_id, redemption_event(result, coupon.product_id, price), result.at)
    return Answer(True, {"entry_id": f"{coupon.campaign_id}:{head.seq}", **_done(case, result)})


def _done(case: Case, result: Entry | Refusal) -> dict[str, Any]:
    if isinstance(result, Refusal):
        raise ValueError("a refusal isn't an entry")
    body: dict[str, Any] = {
        "kind": result.kind,
        "coupon_code": shown(case.row.code),
        "offer_id": result.offer_id,
        "order_id": result.order_id or None,
        "product_id": case.coupon.product_id,
        "store_id": result.store_id,
        "discount_cents": result.amount_cents,
        "currency": case.row.currency,
        "at": result.at.isoformat(),
    }
    if result.held_until is not None:
        body["held_until"] = result.held_until.isoformat()
    return body


def _refused(result: Entry | Refusal) -> Mapping[str, Any]:
    if isinstance(result, Entry):
        raise ValueError("an entry needs a coupon")
    return {"reason": result.reason, "detail": result.detail, "text": refusal_text(result.reason)}


def _stored(connection: sa.Connection, key: str, body_hash: str) -> Answer | None:
    row = connection.execute(sa.select(answers).where(answers.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise KeyReused(f"idempotency key {key!r} was used for another request; make a new key for each")
    return Answer(row.ok, json.loads(row.body), replay=True)


def _body_hash(kind: str, code: str, ask: Ask) -> str:
    """Over what was asked, not over who asked: a till restarted under another key may still retry."""
    body = {**asdict(ask), "till_time": ask.till_time.isoformat() if ask.till_time else None}
    del body["actor"]
    return hashlib.sha256(json.dumps([kind, canonical(code) or code, body], sort_keys=True).encode()).hexdigest()
