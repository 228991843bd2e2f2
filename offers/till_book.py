"""The book a till without network decides by: the token's terms, the lease's money, what this till has paid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from offers.book import Account, Book, Coupon, Facts, Stacked
from offers.claims import Allowance, CouponToken
from offers.commands import Refusal
from offers.till_file import Payment


def spent_under(lease: Allowance, payments: Iterable[Payment]) -> int:
    """Cents paid under the lease."""
    return sum(paid.discount_cents for paid in payments if paid.lease_id == lease.lease_id)


def lives(lease: Allowance, now: datetime) -> bool:
    """Whether the lease may be spent: from its issue on, as a clock behind that can't tell when the lease ends."""
    return lease.issued_at <= now < lease.expires_at


def offline_book(
    token: CouponToken, lease: Allowance, payments: Sequence[Payment], order_id: str, now: datetime
) -> Book:
    """Everything one decision reads. What only the service knows (stock, the user's day, other budgets) refuses nothing.

    A lease that doesn't live has nothing left. `payments` are this till's own, oldest first.
    """
    # By the offer, not the token: the customer may have had two tokens for one coupon.
    before = next((paid for paid in payments if paid.offer_id == token.offer_id), None)
    coupon = Coupon(
        offer_id=token.offer_id,
        campaign_id=token.campaign_id,
        decision_id="",
        user_id=None,
        product_id=token.product_id,
        store_id=token.store_id,
        discount_cents=token.discount_cents,
        price_cents=token.price_cents,
        floor_cents=token.floor_cents,
        expected_cents=0,
        valid_from=token.valid_from,
        valid_until=token.valid_until,
        state="redeemed" if before else "issued",
        order_id=before.order_id if before else None,
    )
    spent = spent_under(lease, payments)
    granted = lease.cents if lives(lease, now) else spent
    account = Account(campaign_id=token.campaign_id, granted_cents=granted, spent_cents=spent, grace_s=token.grace_s)
    stacked = tuple(
        Stacked(offer_id=paid.offer_id, discount_cents=paid.discount_cents, floor_cents=paid.floor_cents)
        for paid in payments
        if (paid.order_id, paid.product_id) == (order_id, token.product_id)
    )
    return Book(coupon, account, Facts(stacked=stacked))


def in_words_of_the_till(refusal: Refusal, lease: Allowance, payments: Sequence[Payment], now: datetime) -> Refusal:
    """The refusal, its detail about the lease where the rules speak of a campaign's budget."""
    if refusal.reason != "budget_exhausted":
        return refusal
    begins, ends = lease.issued_at.isoformat(), lease.expires_at.isoformat()
    if not lives(lease, now):
        over = f"the till's offline allowance is for {begins} to {ends}; connect it and take a new one"
        return Refusal(refusal.reason, over)
    left = lease.cents - spent_under(lease, payments)
    return Refusal(refusal.reason, f"{left} cents are left of the till's offline allowance; connect it to take more")
