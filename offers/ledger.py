"""The ledger's rules as two pure functions: `decide` answers a command, `follow` moves a coupon by an entry.

The journal stores what `decide` returns and `daypart verify` replays it through `follow`; neither knows a clock or a
database. A decision is safe only if the book it read can't change before its entry is stored: the journal sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from offers import eligibility as may
from offers import limits
from offers.book import USED, Book, Coupon, changed
from offers.commands import Command, Entry, Hold, Issue, Redeem, Refusal, Release, Reverse, Settle, Token
from offers.outcome import entry_of, overpaid


@dataclass(frozen=True)
class Rule:
    """One rule: its predicate (whose name is the reason, whose docstring the sentence) and the commands it guards."""

    broken: Callable[[Book, Command, datetime], str | None]
    guards: frozenset[type]

    @property
    def reason(self) -> str:
        """The refusal's name on the wire."""
        return self.broken.__name__


_TILLS = frozenset({Hold, Redeem, Settle})
_USING = frozenset({*_TILLS, Token})
_ASKED = frozenset({*_USING, Release, Reverse})
_PAYING = frozenset({*_USING, Issue})
# What a till paid without network was open, in stock and running when its token was signed.
_NOW = frozenset({Issue, Hold, Redeem})

RULES = (
    Rule(may.unknown_coupon, _ASKED),
    Rule(may.wrong_user, _ASKED),
    Rule(may.already_redeemed, _ASKED),
    Rule(may.released, _ASKED),
    Rule(may.not_yet_valid, _USING),
    Rule(may.expired, _PAYING),
    Rule(may.wrong_store, _ASKED),
    Rule(may.store_closed, _NOW),
    Rule(may.wrong_product, frozenset({*_USING, Reverse})),
    Rule(may.out_of_stock, _NOW),
    Rule(limits.below_margin_floor, _PAYING),
    Rule(limits.limit_reached, _PAYING),
    Rule(limits.budget_exhausted, _PAYING),
    Rule(limits.campaign_stopped, frozenset({*_NOW, Token})),
)
REASONS = tuple(rule.reason for rule in RULES)
_GUARDING = {kind: tuple(rule for rule in RULES if kind in rule.guards) for kind in {*_ASKED, *_PAYING}}


def decide(book: Book, command: Command, now: datetime) -> Entry | Refusal:
    """The entry `command` leads to, or the first refusal in WIRE's order. `now` is our clock; holds run by it.

    Guarantee: if spent + held <= granted + overspend in every purse of `book`, following the entry keeps it so. A settlement
    that a rule refuses is an `overpay` with that reason: the till has paid, and the coupon is used up. Only a sale
    that is known already, or a coupon that isn't, is refused.
    """
    broken = _first_broken(book, command, now)
    if broken is None:
        return entry_of(book, command, now)
    coupon = book.coupon
    if not isinstance(command, Settle) or coupon is None or _same_sale(coupon, command):
        return broken
    return overpaid(book, command, broken.reason, now)


def follow(coupon: Coupon, entry: Entry) -> Coupon:
    """The coupon after `entry`. Total over what `decide` returns: it never refuses."""
    nothing = dict.fromkeys({"order_id", "held_until", "order_until", "token_id", "used_day"})
    free = changed(coupon, state="issued", units=0, returned=0, **nothing)
    until = entry.held_until
    aside = changed(free, state="held", held_until=until, token_id=entry.token_id, used_day=entry.day)
    used = changed(free, order_id=entry.order_id, used_day=entry.day, units=entry.units or 1)
    match entry.kind:
        case "refused":
            return coupon
        case "overpay" if coupon.state in USED:
            return coupon
        case "reverse":
            returned = coupon.units if entry.units is None else coupon.returned + entry.units
            return changed(coupon, state=coupon.state if returned < coupon.units else "reversed", returned=returned)
        case "redeem":
            return changed(used, state="redeemed")
        case "overpay":
            return changed(used, state="overpaid")
        case "hold":
            # The token's money stays beneath the order's hold, whichever of them ends first.
            longest = until if entry.token_id is None else max(filter(None, {until, coupon.held_until}))
            return changed(aside, order_id=entry.order_id, order_until=until, held_until=longest)
        case "token":
            return aside
        case "release" if entry.token_id is not None:
            return aside
        case "release" if entry.order_id is None:
            return changed(free, state="released")
    return free


def spent_by(entry: Entry) -> int:
    """Cents by which the entry moves its campaign's spent sum."""
    back = -entry.amount_cents if entry.reason is None else 0
    return {"redeem": entry.amount_cents, "reverse": back}.get(entry.kind, 0)


def unowed_by(entry: Entry) -> int:
    """Cents by which the entry moves what tills without network paid and no budget owes."""
    back = 0 if entry.reason is None else -entry.amount_cents
    return {"overpay": entry.amount_cents, "reverse": back}.get(entry.kind, 0)


def _first_broken(book: Book, command: Command, now: datetime) -> Refusal | None:
    for rule in _GUARDING[type(command)]:
        detail = rule.broken(book, command, now)
        if detail is not None:
            return Refusal(rule.reason, detail)
    return None


def _same_sale(coupon: Coupon, command: Settle) -> bool:
    return coupon.state in USED and coupon.order_id == command.order_id
