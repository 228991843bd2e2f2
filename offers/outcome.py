"""What a command becomes once the rules have spoken: its entry, with the cents, the moments and the units it moves. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from offers import eligibility as may
from offers.basket import kept_cents, place, returned_units
from offers.book import Account, Book, Coupon, changed
from offers.commands import AtTill, Command, Entry, Hold, Issue, Release, Reverse, Settle, Token


def entry_of(book: Book, command: Command, now: datetime) -> Entry:
    """The entry of a command that every rule allows."""
    coupon, account = may.the_coupon(book), may.the_account(book)
    ids, day = (coupon.offer_id, coupon.campaign_id), book.facts.day
    if isinstance(command, Issue):
        return Entry("issue", *ids, None, coupon.store_id, coupon.expected_cents, now, now, day=day)
    if isinstance(command, Reverse):
        return _back(coupon, command, now)
    order_id, cents = command.order_id or None, coupon.discount_cents
    done = Entry("redeem", *ids, order_id, coupon.store_id, cents, now, command.at, day=day)
    # What a signed token may pay stays set aside beneath an order's hold, and after it.
    beneath = coupon.token_id if may.live_hold(coupon, now) else None
    if isinstance(command, Release):
        aside = {"held_until": coupon.held_until, "token_id": beneath} if beneath and order_id else {}
        return changed(done, kind="release", day=coupon.used_day if aside else None, **aside)
    if isinstance(command, Token):
        held = token_end(account, command.at, coupon.valid_until) + timedelta(seconds=account.grace_s + account.sync_s)
        longest = max(filter(None, {held, coupon.held_until})) if beneath else held
        return changed(done, kind="token", held_until=longest, token_id=command.token_id)
    if isinstance(command, Hold):
        return changed(done, kind="hold", held_until=now + timedelta(seconds=account.hold_s), token_id=beneath)
    return changed(done, units=_units(coupon, command))


def overpaid(book: Book, command: Settle, reason: str, now: datetime) -> Entry:
    """The entry of what a till has paid though a rule says no."""
    coupon, day = may.the_coupon(book), book.facts.day
    ids = (coupon.offer_id, coupon.campaign_id, command.order_id, coupon.store_id)
    done = Entry("overpay", *ids, coupon.discount_cents, now, command.at, day=day, reason=reason)
    return changed(done, units=_units(coupon, command))


def token_end(account: Account, at: datetime, window_end: datetime) -> datetime:
    """When a token signed at a moment ends; a till's queue has the campaign's grace above it."""
    return min(at + timedelta(seconds=account.token_s), window_end)


def _back(coupon: Coupon, command: Reverse, now: datetime) -> Entry:
    units = returned_units(command.lines, coupon)
    cents = kept_cents(coupon) - kept_cents(changed(coupon, returned=coupon.returned + units))
    ids = (coupon.offer_id, coupon.campaign_id, command.order_id, coupon.store_id)
    why = "overpaid" if coupon.state == "overpaid" else None
    return Entry("reverse", *ids, cents, now, command.at, day=coupon.used_day, units=units, reason=why)


def _units(coupon: Coupon, command: AtTill) -> int:
    """Units of the product in the order; one where a till paid for none."""
    placed = place(command.lines, coupon)
    return placed.units if placed else 1
