from datetime import timedelta

import pytest

from offers.book import Stacked
from offers.commands import Refusal
from offers.till_book import in_words_of_the_till, lives, offline_book, spent_under
from offers.till_file import Payment
from tests.offers.token_world import AT, ISSUED, LATTE, UNTIL, coupon, lease

TICK = timedelta(microseconds=1)


def paid(number, order_id="o1", **changes):
    plain = {
        "store_id": "soho", "till_id": "t1", "lease_id": "l1", "offer_id": f"off_{number}", "product_id": "latte",
        "discount_cents": 100, "floor_cents": 300 + number, "token": "a.b.c", "order_id": order_id, "till_time": AT,
        "lines": LATTE,
    }  # fmt: skip
    return Payment(**{**plain, **changes})


@pytest.mark.parametrize(
    ("moment", "alive"), [(ISSUED - TICK, False), (ISSUED, True), (UNTIL - TICK, True), (UNTIL, False)]
)
def test_a_lease_lives_half_open(moment, alive):
    assert lives(lease(), moment) is alive
    account = offline_book(coupon(), lease(), [paid(2)], "o9", moment).account
    assert (account.spent_cents, account.granted_cents) == (100, 350 if alive else 100)


def test_only_this_leases_payments_are_its_spending():
    payments = [paid(1), paid(2, lease_id="l0", discount_cents=7), paid(3, discount_cents=30)]
    assert spent_under(lease(), payments) == 130
    assert spent_under(lease(lease_id="l0"), payments) == 7


def test_a_coupon_carries_its_tokens_terms():
    made = offline_book(coupon(3), lease(), [], "o1", AT).coupon
    told = coupon(3)
    for field in (
        "offer_id", "campaign_id", "store_id", "product_id", "discount_cents", "price_cents", "floor_cents", "valid_from",
        "valid_until",
    ):  # fmt: skip
        assert getattr(made, field) == getattr(told, field)
    assert (made.state, made.order_id, made.user_id) == ("issued", None, None)


def test_a_coupon_paid_before_is_known_by_its_offer():
    made = offline_book(coupon(2, token_id="another"), lease(), [paid(1), paid(2, "o5")], "o9", AT).coupon
    assert (made.state, made.order_id) == ("redeemed", "o5")


def test_coupons_on_the_same_product_of_the_order_are_stacked_in_their_order():
    payments = [paid(5), paid(1, product_id="tea"), paid(4, "o2"), paid(2, lease_id="l0")]
    stacked = offline_book(coupon(9), lease(), payments, "o1", AT).facts.stacked
    assert stacked == (
        Stacked(offer_id="off_5", discount_cents=100, floor_cents=305),
        Stacked(offer_id="off_2", discount_cents=100, floor_cents=302),
    )


def test_the_lease_is_spoken_of_as_the_tills():
    spoken = in_words_of_the_till(Refusal("budget_exhausted", "x"), lease(), [paid(1), paid(2), paid(3)], AT)
    assert spoken.detail == "50 cents are left of the till's offline allowance; connect it to take more"
    over = in_words_of_the_till(Refusal("budget_exhausted", "x"), lease(), [], UNTIL)
    assert over.detail.startswith("the till's offline allowance is for 2025-11-04T11:00:00+00:00 to 2025-11-04T15:00")
    assert in_words_of_the_till(Refusal("expired", "x"), lease(), [], UNTIL) == Refusal("expired", "x")
