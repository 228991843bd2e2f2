"""Limits of money: the margin floor, coupons a person, budgets, the stop. Predicates like those of `eligibility`."""

from __future__ import annotations

from datetime import datetime

from offers import eligibility as may
from offers.basket import place
from offers.book import Book, Line
from offers.commands import AtTill, Command, Issue


def below_margin_floor(book: Book, command: Command, now: datetime) -> str | None:
    """The price after every discount, ours on the same product too, stays at its floor or above; points are no discount."""
    coupon = may.the_coupon(book)
    if coupon.points:
        return None
    told = command.lines if isinstance(command, AtTill) else None
    unit = place(told or (Line(coupon.product_id),), coupon, book.facts.stacked)
    if unit is None or unit.left_cents >= unit.floor_cents:
        return None
    return f"{unit.left_cents} cents would be left, the floor is {unit.floor_cents}"


def limit_reached(book: Book, command: Command, now: datetime) -> str | None:
    """A user takes at most the campaign's number of coupons a day and in all, and all users together its number."""
    account, facts = may.the_account(book), book.facts
    if facts.user_today >= account.max_per_user_day:
        return f"at most {account.max_per_user_day} a user and day"
    if account.max_per_user is not None and facts.user_ever >= account.max_per_user:
        return f"at most {account.max_per_user} a user"
    used_up = account.max_coupons is not None and account.n_used >= account.max_coupons
    return f"at most {account.max_coupons} in all" if used_up else None


def budget_exhausted(book: Book, command: Command, now: datetime) -> str | None:
    """In every scope spent plus held stays within the grant (and stated overspend); promises leave the reserve alone."""
    coupon = may.the_coupon(book)
    for purse in (may.the_account(book), *book.purses):
        taken = purse.spent_cents + purse.held_cents
        if isinstance(command, Issue):
            left = purse.granted_cents - purse.reserve_cents - taken - purse.promised_cents
            if coupon.expected_cents > left:
                return f"{left} cents are left to promise in the budget of the {purse.scope}"
        else:
            left = purse.granted_cents + purse.overspend_cents - taken
            if coupon.discount_cents > left:
                return f"{left} cents are left in the budget of the {purse.scope}"
    return None


def campaign_stopped(book: Book, command: Command, now: datetime) -> str | None:
    """A stopped campaign neither promises nor pays."""
    account = may.the_account(book)
    return f"campaign {account.campaign_id} is stopped" if account.stopped else None
