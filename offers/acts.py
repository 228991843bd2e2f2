"""One act of a till, an app or an operator: what was asked, as a command of the rules, and what is answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from offers.answers import Answer, Ask
from offers.basket import kept_cents
from offers.book import Account, Coupon, changed
from offers.codes import canonical, shown
from offers.commands import Command, Entry, Hold, Redeem, Release, Reverse, Settle, Token
from offers.outcome import token_end

ActKind = Literal["hold", "redeem", "release", "reverse", "token", "settle", "withdraw", "quote"]
# The bytes that are hashed stay as they are: a key may come again after an update.
_SORTED = json.JSONEncoder(sort_keys=True)
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

        Of a user only that one was told: a short name could be guessed from its hash, and erasing it must be enough. A sale
        that is settled is the same sale whatever else is told of it.
        """
        if self.kind == "settle":
            return hashlib.sha256(f"settle {self.known_code} {self.ask.order_id}".encode()).hexdigest()
        return self._hash(None if self.ask.user_id is None else "told")

    def is_answered_by(self, body_hash: str, answer: Answer, coupon: Coupon | None) -> bool:
        """Whether an answer kept under this act's key is one to this act. `coupon`: the code's, as it stands now.

        Two users who are both wrong are not told apart: both get the refusal that one of them got.
        """
        if body_hash != self.body_hash:
            # Revisions before the fourth hashed the user too.
            return self.ask.user_id is not None and body_hash == self._hash(self.ask.user_id)
        told, reason = self.ask.user_id, answer.body.get("reason")
        if self.kind == "settle" or None in (told, coupon and coupon.user_id) or reason == "unknown_coupon":
            return True
        return (coupon is not None and told != coupon.user_id) == (reason == "wrong_user")

    def _hash(self, user_id: str | None) -> str:
        ask = self.ask
        body = {
            "store_id": ask.store_id,
            "order_id": ask.order_id,
            "lines": None if ask.lines is None else [vars(line) for line in ask.lines],
            "user_id": user_id,
            "till_time": ask.till_time.isoformat() if ask.till_time else None,
            "till_id": ask.till_id,
        }
        asked = [self.kind, self.known_code or self.code, body]
        return hashlib.sha256(_SORTED.encode(asked).encode()).hexdigest()


def asked_act(kind: ActKind, code: str, ask: Ask, key: str, now: datetime, token: Callable[[int], bytes]) -> Act:
    """The act of a caller with a key; `token` names a new token. Raises ValueError without the order that it needs."""
    if kind == "token":
        return Act(kind, code, replace(ask, order_id=None, lines=None), key, now, f"tok_{token(12).hex()}")
    if not ask.order_id:
        raise ValueError(f"{kind} needs an order_id")
    return Act(kind, code, ask, key, now)


def command_of(act: Act, coupon: Coupon | None, at: datetime) -> Command:
    """The act as a value of the rules. `at` is the judged moment."""
    ask, order_id = act.ask, act.ask.order_id or ""
    if act.kind == "withdraw":
        return Release(None, at)
    if act.kind == "release":
        return Release(order_id, at, ask.user_id, ask.own_store_id or ask.store_id)
    if act.kind == "reverse":
        # A chain may take back in one store what another sold: only a till that is bound to a store keeps to it.
        return Reverse(order_id, at, ask.user_id, ask.lines, ask.own_store_id)
    if act.kind == "token":
        store_id = ask.store_id or (coupon.store_id if coupon else None)
        return Token(act.token_id, store_id, at, ask.user_id)
    command: Command = _AT_TILL[act.kind](order_id, ask.store_id, ask.lines, at, ask.user_id)
    return command


def done_body(entry: Entry, row: Any, coupon: Coupon, account: Account) -> dict[str, Any]:
    """The answer to an act that became an entry, but for the entry's id; `row` is the coupon's as stored, `coupon` as it
    stood before the entry."""
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
    if entry.kind == "token":
        body["token_id"] = entry.token_id
        body["valid_until"] = token_end(account, entry.judged_at, row.valid_until).isoformat()
        body["grace_s"] = account.grace_s
    if row.points:
        # What the budget pays for points is no money off: a till takes nothing from the price. They come back as cents do.
        before = changed(coupon, discount_cents=row.points)
        back = kept_cents(before) - kept_cents(changed(before, returned=before.returned + (entry.units or 0)))
        body |= {"discount_cents": 0, "points": back if entry.kind == "reverse" else row.points}
    if entry.kind == "reverse":
        body["units"] = entry.units
    if entry.reason is not None:
        body["reason"] = entry.reason
    return body
