"""Carrying out acts on a loaded state: each is judged, moves the state, and leaves its rows to be written together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from offers.acts import Act, command_of, done_body
from offers.answers import Answer
from offers.basket import place
from offers.book import Book, Coupon, Facts, changed
from offers.cashier import refused_body
from offers.chain import CHAIN, Stamp, linked, move_head
from offers.columns import micros
from offers.commands import Entry, Refusal
from offers.ledger import decide, follow, unowed_by
from offers.loaded import Loaded
from offers.outbox import redemption_event
from offers.slots import is_open, local_day
from offers.writing import add_sums, answer_digest, insert_all, move_coupons

_TELLING = ("already_redeemed", "released", "not_yet_valid", "expired")
"""Refusals that come before `wrong_store` and say what became of a coupon."""


class Acting:
    """Acts on one loaded state; `write` stores what they did. Without it nothing has happened."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self._before, self._heads = dict(loaded.coupons), dict(loaded.heads)
        self._moved: dict[str, None] = {}
        self._entries: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []

    def judge(self, act: Act, units: int | None) -> tuple[Entry | Refusal, Coupon | None]:
        """The rules' word on an act, and the coupon as it stood. `units`: of the product in stock, None when unknown."""
        coupon = self.loaded.find(act.known_code)
        at = act.ask.till_time or act.now
        if coupon is None:
            return decide(Book(None, None), command_of(act, None, at), act.now), None
        head = self.loaded.heads[coupon.campaign_id]
        if act.kind == "settle":
            at = min(at, act.now)
        elif act.kind in ("token", "withdraw") or (
            head.max_till_skew_s is not None and abs((at - act.now).total_seconds()) > head.max_till_skew_s
        ):
            at = act.now
        store = self.loaded.stores.get(coupon.store_id)
        when = max(at, coupon.valid_from) if act.kind == "token" else at
        day = (local_day(store, when) if store else when.date()).isoformat()
        grace = timedelta(seconds=head.account.grace_s)
        facts = Facts(is_open(store, at, grace) if store else None, units, day=day)
        book = self.loaded.book(coupon, facts, act.ask.order_id, act.now)
        return _in_own_store(act, coupon, decide(book, command_of(act, coupon, at), act.now)), coupon

    def carry_out(self, act: Act, units: int | None) -> Answer:
        """Judge the act and take in what follows."""
        result, coupon = self.judge(act, units)
        row = self.loaded.rows[coupon.offer_id] if coupon else None
        campaign_id = coupon.campaign_id if coupon else CHAIN
        head = self.loaded.heads[campaign_id]
        if isinstance(result, Refusal):
            entry = self._refused(act, result, coupon, campaign_id)
            answer = Answer(False, refused_body(result, coupon, act))
        else:
            entry = changed(result, reason=act.why) if act.why else result
            done = done_body(entry, row, self.loaded.coupons[entry.offer_id or ""], head.account)
            answer = Answer(True, {"entry_id": f"{campaign_id}:{head.seq + 1}", **done})
        body = msgspec.json.encode(answer.body).decode()
        stamp = Stamp(act.ask.actor, act.ask.till_id, self._detail(act, answer.ok, body))
        added, self.loaded.heads[campaign_id] = linked(head, entry, row.decision_id if row else None, stamp)
        self._entries.append(added)
        if act.key is not None:
            kept = {"key": act.key, "body_hash": act.body_hash, "ok": answer.ok, "body": body, "at": added["at"]}
            self._answers.append({**kept, "campaign_id": campaign_id, "seq": added["seq"]})
        if coupon is not None and not isinstance(result, Refusal):
            self._follow(act, coupon, result)
        return answer

    def _follow(self, act: Act, coupon: Coupon, entry: Entry) -> None:
        after = follow(coupon, entry)
        if after is not coupon:
            self.loaded.move(coupon, after)
            self._moved[coupon.offer_id] = None
        self.loaded.moved_cents[coupon.campaign_id, "overpaid", coupon.store_id] += unowed_by(entry)
        if entry.kind == "redeem":
            unit = place(act.ask.lines, coupon)
            price = unit.price_cents if unit else coupon.price_cents
            event = redemption_event(entry, coupon.product_id, price, coupon.points)
            self._events.append(
                {"offer_id": coupon.offer_id, "event": msgspec.json.encode(event).decode(), "made_at": micros(entry.at)}
            )

    def _refused(self, act: Act, refusal: Refusal, coupon: Coupon | None, campaign_id: str) -> Entry:
        ask = act.ask
        at = ask.till_time or act.now
        offer_id = coupon.offer_id if coupon else None
        return Entry(
            "refused", offer_id, campaign_id, ask.order_id, ask.store_id, 0, act.now, at, reason=refusal.reason
        )

    def _detail(self, act: Act, ok: bool, body: str) -> dict[str, Any]:
        lines = [[x.product_id, x.quantity, x.unit_price_cents, x.discount_cents] for x in act.ask.lines or ()]
        detail: dict[str, Any] = {"act": act.kind, "lines": lines}
        if act.key is not None:
            detail["answer"] = answer_digest(act.key, act.body_hash, ok, body)
        return detail

    def write(self, connection: sa.Connection) -> None:
        """Store everything, in the caller's transaction. LedgerError when something moved under the lock."""
        rows = self.loaded.rows
        if self._entries:
            insert_all(connection, entries=self._entries, answers=self._answers, outbox=self._events)
            # In the order in which a pull locks them, so that they seldom wait in a circle; one that does is LedgerBusy.
            moved = sorted(self._moved, key=lambda name: (rows[name].send_at, rows[name].seq))
            move_coupons(connection, [(self._before[name], self.loaded.coupons[name]) for name in moved])
            for campaign_id, before in self._heads.items():
                after = self.loaded.heads[campaign_id]
                if after.seq != before.seq:
                    move_head(connection, before, after)
            add_sums(connection, self.loaded.moved_cents)


def _in_own_store(act: Act, coupon: Coupon, result: Entry | Refusal) -> Entry | Refusal:
    """To a till bound to a store, another store's coupon is that and no more: not whose order had it, nor when."""
    own = act.ask.own_store_id
    foreign = act.kind != "settle" and own not in (None, coupon.store_id)
    if foreign and isinstance(result, Refusal) and result.reason in _TELLING:
        return Refusal("wrong_store", f"valid in store {coupon.store_id}")
    return result
