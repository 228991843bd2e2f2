"""The ledger's rules as two pure functions: `decide` answers a command, `follow` moves a coupon by an entry.

The journal stores what `decide` returns and `daypart verify` replays it through `follow`; neither knows a clock or a
database. A decision is safe only if the book it read can't change before its entry is stored: the journal sees to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from offers import eligibility as may
from offers.book import Account, Book, Coupon
from offers.commands import AtTill, Command, Entry, Hold, Issue, Kind, Redeem, Refusal, Release, Reverse


def the_account(book: Book) -> Account:
    """The campaign's account; a coupon never comes without it."""
    if book.account is None:
        raise ValueError("a coupon always comes with its campaign's account")
    return book.account


def below_margin_floor(book: Book, command: Command, now: datetime) -> str | None:
    """The price after every discount stays at the product's floor or above."""
    coupon = may.the_coupon(book)
    line = may.paid_line(command.lines, coupon) if isinstance(command, AtTill) else None
    left = may.price_paid(line, coupon) - coupon.discount_cents
    return f"{left} cents would be left, the floor is {coupon.floor_cents}" if left < coupon.floor_cents else None


def limit_reached(book: Book, command: Command, now: datetime) -> str | None:
    """A user takes at most the campaign's number of coupons a day."""
    limit = the_account(book).max_per_user_day
    return f"at most {limit} a user and day" if book.facts.user_today >= limit else None


def budget_exhausted(book: Book, command: Command, now: datetime) -> str | None:
    """Spent plus held stays within the grant, and promises leave the reserve alone."""
    coupon, account = may.the_coupon(book), the_account(book)
    taken = account.spent_cents + account.held_cents
    if isinstance(command, Issue):
        left = account.granted_cents - account.reserve_cents - taken - account.promised_cents
        return f"{left} cents are left to promise" if coupon.expected_cents > left else None
    own = coupon.discount_cents if may.live_hold(coupon, now) else 0
    left = account.granted_cents - taken + own
    return f"{left} cents are left" if coupon.discount_cents > left else None


def campaign_stopped(book: Book, command: Command, now: datetime) -> str | None:
    """A stopped campaign neither promises nor pays."""
    account = the_account(book)
    return f"campaign {account.campaign_id} is stopped" if account.stopped else None


@dataclass(frozen=True)
class Rule:
    """One rule: its predicate (whose name is the reason, whose docstring the sentence) and the commands it guards."""

    broken: Callable[[Book, Command, datetime], str | None]
    guards: tuple[type, ...]

    @property
    def reason(self) -> str:
        """The refusal's name on the wire."""
        return self.broken.__name__


_ASKED = (Hold, Redeem, Release, Reverse)
_PAYING = (Issue, Hold, Redeem)
_AT_TILL = (Hold, Redeem)

RULES = (
    Rule(may.unknown_coupon, _ASKED),
    Rule(may.wrong_user, _ASKED),
    Rule(may.already_redeemed, _ASKED),
    Rule(may.released, _ASKED),
    Rule(may.not_yet_valid, _AT_TILL),
    Rule(may.expired, _PAYING),
    Rule(may.wrong_store, _AT_TILL),
    Rule(may.store_closed, _PAYING),
    Rule(may.wrong_product, _AT_TILL),
    Rule(may.out_of_stock, _PAYING),
    Rule(below_margin_floor, _PAYING),
    Rule(limit_reached, _PAYING),
    Rule(budget_exhausted, _PAYING),
    Rule(campaign_stopped, _PAYING),
)
REASONS = tuple(rule.reason for rule in RULES)
_KIND: dict[type, Kind] = {Hold: "hold", Redeem: "redeem", Release: "release", Reverse: "reverse"}


def decide(book: Book, command: Command, now: datetime) -> Entry | Refusal:
    """The entry `command` leads to, or the first refusal in WIRE's order. `now` is our clock; holds run by it.

    Guarantee: if spent + held <= granted in `book`, following the entry keeps it so.
    """
    for rule in RULES:
        if isinstance(command, rule.guards):
            detail = rule.broken(book, command, now)
            if detail is not None:
                return Refusal(rule.reason, detail)
    coupon, account = may.the_coupon(book), the_account(book)
    if isinstance(command, Issue):
        promise = coupon.expected_cents
        return Entry(
            "issue", coupon.offer_id, coupon.campaign_id, None, coupon.store_id, promise, at=now, judged_at=now
        )
    until = now + timedelta(seconds=account.hold_s) if isinstance(command, Hold) else None
    kind = _KIND[type(command)]
    ids = (coupon.offer_id, coupon.campaign_id, command.order_id, coupon.store_id)
    return Entry(kind, *ids, coupon.discount_cents, at=now, judged_at=command.at, held_until=until)


def follow(coupon: Coupon, entry: Entry) -> Coupon:
    """The coupon after `entry`. Total over what `decide` returns: it never refuses."""
    if entry.kind == "hold":
        return replace(coupon, state="held", order_id=entry.order_id, held_until=entry.held_until)
    if entry.kind == "redeem":
        return replace(coupon, state="redeemed", order_id=entry.order_id, held_until=None)
    if entry.kind == "reverse":
        return replace(coupon, state="reversed", held_until=None)
    withdrawn = entry.kind == "release" and entry.order_id is None
    return replace(coupon, state="released" if withdrawn else "issued", order_id=None, held_until=None)


def spent_by(entry: Entry) -> int:
    """Cents by which the entry moves its campaign's spent sum."""
    return {"redeem": entry.amount_cents, "reverse": -entry.amount_cents}.get(entry.kind, 0)
