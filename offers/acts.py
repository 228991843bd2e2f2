"""One act of a till, an app or an operator: what was asked, as a command of the rules, and what is answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from offers.answers import Ask
from offers.book import Coupon
from offers.cashier import refusal_text
from offers.codes import canonical, shown
from offers.commands import Command, Entry, Hold, Redeem, Refusal, Release, Reverse, Settle, Token
from offers.eligibility import live_hold

ActKind = Literal["hold", "redeem", "release", "reverse", "token", "settle", "withdraw", "quote"]
_AT_TILL: Mapping[str, Any] = {"hold": Hold, "redeem": Redeem, "quote": Redeem, "settle": Settle}


@dataclass(frozen=True)
class Act:
    """`code` as someone typed it. Without a `key` (a withdrawal, a quote) no answer is kept. `token_id` names a new token;
    `why` stands in a withdrawal's entry as its reason."""

    kind: ActKind
    code: str
    ask: Ask
    key: str | None
    now: datetime
    token_id: str = ""
    why: str = ""

    @cached_property
    def known_code(self) -> str | None:
        """The canonical code, None for what can't be one."""
        return canonical(self.code)

    @cached_property
    def body_hash(self) -> str:
        """Over what was asked, not over who asked: a till restarted under another key may still retry.

        A sale that is settled is the same sale whatever else is told of it.
        """
        ask = self.ask
        if self.kind == "settle":
            return hashlib.sha256(f"settle {self.known_code} {ask.order_id}".encode()).hexdigest()
        body = {
            "store_id": ask.store_id,
            "order_id": ask.order_id,
            "lines": None if ask.lines is None else [vars(line) for line in ask.lines],
            "user_id": ask.user_id,
            "till_time": ask.till_time.isoformat() if ask.till_time else None,
            "till_id": ask.till_id,
        }
        asked = [self.kind, self.known_code or self.code, body]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def command_of(act: Act, coupon: Coupon | None, at: datetime) -> Command:
    """The act as a value of the rules. `at` is the judged moment."""
    ask, order_id = act.ask, act.ask.order_id or ""
    if act.kind == "withdraw":
        return Release(None, at)
    if act.kind == "release":
        return Release(order_id, at, ask.user_id)
    if act.kind == "reverse":
        return Reverse(order_id, at, ask.user_id, ask.lines)
    if act.kind == "token":
        store_id = ask.store_id or (coupon.store_id if coupon else None)
        return Token(act.token_id, store_id, at, ask.user_id)
    command: Command = _AT_TILL[act.kind](order_id, ask.store_id, ask.lines, at, ask.user_id)
    return command


def done_body(entry: Entry, row: Any, sync_s: int) -> dict[str, Any]:
    """The answer to an act that became an entry, but for the entry's id; `row` is the coupon's."""
    body: dict[str, Any] = {
        "kind": entry.kind,
        "coupon_code": shown(row.code),
        "offer_id": entry.offer_id,
        "order_id": entry.order_id,
        "product_id": row.product_id,
        "store_id": entry.store_id,
        "discount_cents": entry.amount_cents,
        "currency": row.currency,
        "at": entry.at.isoformat(),
    }
    if entry.kind == "hold" and entry.held_until is not None:
        body["held_until"] = entry.held_until.isoformat()
    if entry.kind == "token" and entry.held_until is not None:
        body["token_id"] = entry.token_id
        body["valid_until"] = (entry.held_until - timedelta(seconds=sync_s)).isoformat()
    if row.points:
        # What the budget pays for points is no money off: a till takes nothing from the price.
        body |= {"discount_cents": 0, "points": row.points * entry.amount_cents // row.discount_cents}
    if entry.kind == "reverse":
        body["units"] = entry.units
    if entry.reason is not None:
        body["reason"] = entry.reason
    return body


def refused_body(refusal: Refusal, coupon: Coupon | None, now: datetime) -> dict[str, Any]:
    """The answer to an act that the rules refused, with what a cashier reads out."""
    held = coupon is not None and live_hold(coupon, now) and refusal.reason == "already_redeemed"
    return {"reason": refusal.reason, "detail": refusal.detail, "text": refusal_text(refusal.reason, held=held)}
