"""The ledger's rules as two pure functions: `decide` answers a command, `follow` moves a coupon by an entry.

The journal stores what `decide` returns and `daypart verify` replays it through `follow`; neither knows a clock or a
database. A decision is safe only if the book it read can't change before its entry is stored: the journal sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from offers import eligibility as may
from offers import limits
from offers.basket import paid_cents, place, returned_units
from offers.book import USED, Book, Coupon, changed
from offers.commands import AtTill, Command, Entry, Hold, Issue, Redeem, Refusal, Release, Reverse, Settle, Token


@dataclass(frozen=True)
class Rule:
    """One rule: its predicate (whose name is the reason, whose docstring the sentence) and the commands it guards."""

    broken: Callable[[Book, Command, datetime], str | None]
    guards: tuple[type, ...]

    @property
    def reason(self) -> str:
        """The refusal's name on the wire."""
        return self.broken.__name__


_ASKED = (Hold, Redeem, Settle, Token, Release, Reverse)
_PAYING = (Issue, Hold, Redeem, Settle, Token)
# What a till paid without network was open, in stock and running when its token was signed.
_NOW = (Issue, Hold, Redeem)

RULES = (
    Rule(may.unknown_coupon, _ASKED),
    Rule(may.wrong_user, _ASKED),
    Rule(may.already_redeemed, _ASKED),
    Rule(may.released, _ASKED),
    Rule(may.not_yet_valid, (Hold, Redeem, Settle, Token)),
    Rule(may.expired, _PAYING),
    Rule(may.wrong_store, (Hold, Redeem, Settle, Token)),
    Rule(may.store_closed, _NOW),
    Rule(may.wrong_product, (Hold, Redeem, Settle, Token, Reverse)),
    Rule(may.out_of_stock, _NOW),
    Rule(limits.below_margin_floor, _PAYING),
    Rule(limits.limit_reached, _PAYING),
    Rule(limits.budget_exhausted, _PAYING),
    Rule(limits.campaign_stopped, (*_NOW, Token)),
)
REASONS = tuple(rule.reason for rule in RULES)
_GUARDING = {kind: tuple(rule for rule in RULES if kind in rule.guards) for kind in (Issue, *_ASKED)}


def decide(book: Book, command: Command, now: datetime) -> Entry | Refusal:
    """The entry `command` leads to, or the first refusal in WIRE's order. `now` is our clock; holds run by it.

    Guarantee: if spent + held <= granted + overspend in every purse of `book`, following the entry keeps it so. A settlement
    that a rule refuses is an `overpay` with that reason: the till has paid, and the coupon is used up. Only a sale
    that is known already, or a coupon that isn't, is refused.
    """
    broken = _first_broken(book, command, now)
    if broken is None:
        return _done(book, command, now)
    coupon = book.coupon
    if not isinstance(command, Settle) or coupon is None or _same_sale(coupon, command):
        return broken
    ids = (coupon.offer_id, coupon.campaign_id, command.order_id, coupon.store_id)
    return Entry("overpay", *ids, coupon.discount_cents, now, command.at, day=book.facts.day, reason=broken.reason)


def follow(coupon: Coupon, entry: Entry) -> Coupon:
    """The coupon after `entry`. Total over what `decide` returns: it never refuses."""
    if entry.kind == "refused" or (entry.kind == "overpay" and coupon.state in USED):
        return coupon
    if entry.kind == "reverse":
        returned = coupon.units if entry.units is None else coupon.returned + entry.units
        return changed(coupon, state="redeemed" if returned < coupon.units else "reversed", returned=returned)
    new: dict[str, Any] = dict.fromkeys(("order_id", "held_until", "token_id", "used_day")) | {
        "units": 0,
        "returned": 0,
    }
    if entry.kind == "redeem":
        new |= {"state": "redeemed", "order_id": entry.order_id, "used_day": entry.day, "units": entry.units or 1}
    elif entry.kind == "overpay":
        new |= {"state": "overpaid", "order_id": entry.order_id, "used_day": entry.day}
    elif entry.kind in ("hold", "token"):
        new |= {"state": "held", **{name: getattr(entry, name) for name in ("order_id", "token_id", "held_until")}}
        new["used_day"] = entry.day
    else:
        withdrawn = entry.kind == "release" and entry.order_id is None
        new["state"] = "released" if withdrawn else "issued"
    return changed(coupon, **new)


def spent_by(entry: Entry) -> int:
    """Cents by which the entry moves its campaign's spent sum."""
    return {"redeem": entry.amount_cents, "reverse": -entry.amount_cents}.get(entry.kind, 0)


def _first_broken(book: Book, command: Command, now: datetime) -> Refusal | None:
    for rule in _GUARDING[type(command)]:
        detail = rule.broken(book, command, now)
        if detail is not None:
            return Refusal(rule.reason, detail)
    return None


def _same_sale(coupon: Coupon, command: Settle) -> bool:
    return coupon.state in USED and coupon.order_id == command.order_id


def _done(book: Book, command: Command, now: datetime) -> Entry:
    coupon, account = may.the_coupon(book), may.the_account(book)
    ids = (coupon.offer_id, coupon.campaign_id)
    if isinstance(command, Issue):
        return Entry("issue", *ids, None, coupon.store_id, coupon.expected_cents, now, now, day=book.facts.day)
    order_id, cents, day = command.order_id or None, coupon.discount_cents, book.facts.day
    if isinstance(command, Release):
        return Entry("release", *ids, command.order_id, coupon.store_id, cents, now, command.at)
    if isinstance(command, Reverse):
        units = returned_units(command.lines, coupon)
        cents = paid_cents(coupon) - paid_cents(changed(coupon, returned=coupon.returned + units))
        return Entry(
            "reverse", *ids, order_id, coupon.store_id, cents, now, command.at, day=coupon.used_day, units=units
        )
    if isinstance(command, Token):
        until = min(command.at + timedelta(seconds=account.token_s), coupon.valid_until)
        held = until + timedelta(seconds=account.sync_s)
        named = command.token_id
        return Entry("token", *ids, None, coupon.store_id, cents, now, command.at, held, named, day=day)
    if isinstance(command, Hold):
        until = now + timedelta(seconds=account.hold_s)
        return Entry("hold", *ids, order_id, coupon.store_id, cents, now, command.at, held_until=until, day=day)
    placed = place(command.lines, coupon, book.facts.stacked) if isinstance(command, AtTill) else None
    units = placed.units if placed else 1
    return Entry("redeem", *ids, order_id, coupon.store_id, cents, now, command.at, day=day, units=units)
