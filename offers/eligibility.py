"""Eligibility: may this coupon serve this basket here and now? One small predicate a rule.

Pure: values in; a detail in plain words out when the rule is broken, None when it holds. `offers.ledger` puts the
predicates in their one order, so a predicate may rely on those before it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from offers.basket import place, returned_units
from offers.book import RETURNABLE, USED, Account, Book, Coupon
from offers.commands import AtTill, Command, Issue, Release, Reverse, Token

LEAST_TOKEN = timedelta(minutes=1)
"""A token for less than that is refused as expired."""


def live_hold(coupon: Coupon, now: datetime) -> bool:
    """Whether the coupon's discount is set aside at `now`. A hold that ran out counts as let go, without a sweeper."""
    return coupon.state == "held" and coupon.held_until is not None and now < coupon.held_until


def in_order(coupon: Coupon, now: datetime) -> bool:
    """Whether an order holds the coupon at `now`; for a token its discount may be set aside longer."""
    return coupon.state == "held" and coupon.order_until is not None and now < coupon.order_until


def the_coupon(book: Book) -> Coupon:
    """The book's coupon, for rules that come after `unknown_coupon`."""
    if book.coupon is None:
        raise ValueError("unknown_coupon is decided before every rule that reads the coupon")
    return book.coupon


def the_account(book: Book) -> Account:
    """The campaign's account; a coupon never comes without it."""
    if book.account is None:
        raise ValueError("a coupon always comes with its campaign's account")
    return book.account


def unknown_coupon(book: Book, command: Command, now: datetime) -> str | None:
    """A coupon exists before anything happens to it."""
    return "no coupon has this code" if book.coupon is None else None


def wrong_user(book: Book, command: Command, now: datetime) -> str | None:
    """A coupon serves the user it was issued to, when the till knows the user."""
    if isinstance(command, Issue) or command.user_id is None or command.user_id == the_coupon(book).user_id:
        return None
    return "the coupon belongs to someone else"


def already_redeemed(book: Book, command: Command, now: datetime) -> str | None:
    """A coupon pays one order, once; while an order's hold lives, it is that order's."""
    coupon = the_coupon(book)
    if isinstance(command, Issue):
        return None
    same_order = command.order_id == coupon.order_id
    if isinstance(command, Reverse):
        used = coupon.state in USED
        return f"redeemed by order {coupon.order_id}, not this one" if used and not same_order else None
    if coupon.state in USED:
        back = ", and that purchase was taken back" if coupon.state == "reversed" else ""
        return f"redeemed by order {coupon.order_id}{back}"
    by_desk = isinstance(command, Release) and command.order_id is None
    # A token's hold is nobody's order: the coupon may still be paid with network; a till that then pays without, loses it.
    if in_order(coupon, now) and not same_order and not by_desk:
        return f"held by order {coupon.order_id}"
    return None


def released(book: Book, command: Command, now: datetime) -> str | None:
    """What was withdrawn, let go or given back can't be used, or given back again."""
    coupon = the_coupon(book)
    if coupon.state == "released":
        return "the coupon was withdrawn"
    if isinstance(command, Reverse):
        if coupon.state not in RETURNABLE:
            return "the redemption was taken back before" if coupon.state == "reversed" else "nothing was redeemed"
        left = coupon.units - coupon.returned
        return f"only {left} are left to come back" if returned_units(command.lines, coupon) > left else None
    if isinstance(command, Release) and command.order_id is not None:
        return None if in_order(coupon, now) else "no hold is left to let go"
    return None


def not_yet_valid(book: Book, command: Command, now: datetime) -> str | None:
    """The window begins at valid_from; a token may be had as long before it as tokens live."""
    begins = the_coupon(book).valid_from
    moment = _moment(command, now)
    if isinstance(command, Token):
        moment += timedelta(seconds=the_account(book).token_s)
        return f"valid from {begins.isoformat()}" if moment <= begins else None
    return f"valid from {begins.isoformat()}" if moment < begins else None


def expired(book: Book, command: Command, now: datetime) -> str | None:
    """The window ends before valid_until; a till's queue has the campaign's grace above it."""
    ended = the_coupon(book).valid_until
    grace = timedelta(seconds=the_account(book).grace_s if isinstance(command, AtTill) else 0)
    if isinstance(command, Token):
        # Signed times are whole seconds, and nobody reaches a till in less.
        grace = -LEAST_TOKEN
    return f"was valid until {ended.isoformat()}" if _moment(command, now) >= ended + grace else None


def wrong_store(book: Book, command: Command, now: datetime) -> str | None:
    """A coupon is valid in the store it names, and a till of another store undoes nothing there."""
    store_id = the_coupon(book).store_id
    if isinstance(command, Issue) or command.store_id == store_id:
        return None
    of_no_store = isinstance(command, Release | Reverse) and command.store_id is None
    return None if of_no_store else f"valid in store {store_id}"


def store_closed(book: Book, command: Command, now: datetime) -> str | None:
    """A coupon is valid while its store is open."""
    return f"store {the_coupon(book).store_id} is closed then" if book.facts.store_open is False else None


def wrong_product(book: Book, command: Command, now: datetime) -> str | None:
    """The basket holds the coupon's product, and as many units of it as the coupon asks for."""
    coupon = the_coupon(book)
    if isinstance(command, Token):
        more = coupon.min_quantity > 1 or coupon.points > 0
        return "a till without network takes money off one unit only" if more else None
    if isinstance(command, Reverse):
        right = command.lines is None or returned_units(command.lines, coupon) > 0
        return None if right else f"no line of the basket has product {coupon.product_id}"
    found = place(command.lines, coupon) if isinstance(command, AtTill) else None
    if found is not None and found.units >= coupon.min_quantity:
        return None
    if found is None:
        return f"no line of the basket has product {coupon.product_id}"
    return f"the basket has fewer than {coupon.min_quantity} of product {coupon.product_id}"


def out_of_stock(book: Book, command: Command, now: datetime) -> str | None:
    """A product known to be sold out is neither promised nor sold."""
    stock = book.facts.stock_units
    return f"product {the_coupon(book).product_id} is sold out" if stock is not None and stock <= 0 else None


def _moment(command: Command, now: datetime) -> datetime:
    return now if isinstance(command, Issue) else command.at
