from dataclasses import replace
from datetime import timedelta

import pytest

from offers import eligibility as may
from offers.book import Book, Facts, Line
from offers.commands import Issue, Release, Reverse
from tests.offers.desk_world import ACCOUNT, AT, COUPON, FROM, LATTE, TICK, UNTIL, book, hold, redeem

HELD = {"state": "held", "order_id": "o1", "held_until": AT, "order_until": AT}
OTHER = {"state": "held", "order_id": "o2", "held_until": AT + TICK, "order_until": AT + TICK}
GONE = {"state": "redeemed", "order_id": "o1"}
BACK = {"state": "reversed", "order_id": "o1"}


def told(detail):
    return detail is None


@pytest.mark.parametrize("command", [hold(), redeem(), Release("o1", AT), Reverse("o1", AT)])
def test_unknown_coupon(command):
    assert may.unknown_coupon(Book(None, ACCOUNT), command, AT) == "no coupon has this code"
    assert may.unknown_coupon(book(), command, AT) is None


@pytest.mark.parametrize(
    ("user_id", "holds"), [(None, True), ("ann", True), ("Ann", False), ("ann ", False), ("bob", False)]
)
def test_wrong_user(user_id, holds):
    assert told(may.wrong_user(book(), redeem(user_id=user_id), AT)) is holds
    assert told(may.wrong_user(book(), Reverse("o1", AT, user_id), AT)) is holds


def test_a_coupon_whose_user_was_erased_serves_nobody_by_name():
    assert not told(may.wrong_user(book(user_id=None), redeem(user_id="ann"), AT))
    assert told(may.wrong_user(book(user_id=None), redeem(), AT))


@pytest.mark.parametrize(
    ("state", "command", "holds"),
    [
        ({}, redeem(), True),
        (HELD, redeem(), True),
        (OTHER, redeem(), False),
        (OTHER, hold(), False),
        ({**OTHER, "order_until": AT}, redeem(), True),
        (OTHER, Release("o1", AT), False),
        (OTHER, Release("o2", AT), True),
        (OTHER, Release(None, AT), True),
        (GONE, redeem(), False),
        (GONE, hold(), False),
        (GONE, Release("o1", AT), False),
        (GONE, Release(None, AT), False),
        (GONE, Reverse("o1", AT), True),
        (GONE, Reverse("o2", AT), False),
        (BACK, redeem(order_id="o9"), False),
        (BACK, Reverse("o1", AT), True),
        (BACK, Reverse("o2", AT), False),
        ({"state": "released"}, redeem(), True),
    ],
)
def test_already_redeemed(state, command, holds):
    assert told(may.already_redeemed(book(**state), command, AT)) is holds


@pytest.mark.parametrize(
    ("state", "command", "holds"),
    [
        ({}, redeem(), True),
        ({"state": "released"}, redeem(), False),
        ({"state": "released"}, Release(None, AT), False),
        ({"state": "released"}, Reverse("o1", AT), False),
        ({}, Release(None, AT), True),
        ({}, Release("o1", AT), False),
        (HELD, Release("o1", AT - TICK), True),
        (HELD, Release("o1", AT), False),
        ({}, Reverse("o1", AT), False),
        (HELD, Reverse("o1", AT), False),
        (GONE, Reverse("o1", AT), True),
        (BACK, Reverse("o1", AT), False),
    ],
)
def test_released(state, command, holds):
    assert told(may.released(book(**state), command, command.at)) is holds


def test_details_say_what_became_of_the_coupon():
    assert may.already_redeemed(book(**GONE), redeem(), AT) == "redeemed by order o1"
    assert may.already_redeemed(book(**BACK), redeem(), AT) == "redeemed by order o1, and that purchase was taken back"
    assert may.released(book(**BACK), Reverse("o1", AT), AT) == "the redemption was taken back before"
    assert may.released(book(), Reverse("o1", AT), AT) == "nothing was redeemed"


@pytest.mark.parametrize(("at", "early", "late"), [(FROM - TICK, True, False), (FROM, False, False),
                                                   (UNTIL - TICK, False, False), (UNTIL, False, True)])  # fmt: skip
def test_the_window_is_half_open(at, early, late):
    # The judged moment decides, not our clock.
    assert told(may.not_yet_valid(book(), redeem(at=at), AT)) is not early
    assert told(may.expired(book(), redeem(at=at), AT)) is not late
    assert told(may.expired(book(), hold(at=at), AT)) is not late


def test_an_issue_is_judged_by_our_clock():
    assert told(may.expired(book(), Issue(), UNTIL - TICK))
    assert not told(may.expired(book(), Issue(), UNTIL))


@pytest.mark.parametrize(("store_id", "holds"), [("soho", True), ("bund", False), (None, False)])
def test_wrong_store(store_id, holds):
    assert told(may.wrong_store(book(), hold(store_id=store_id), AT)) is holds
    # A till without a store of its own undoes what any store did; one of another store doesn't.
    for undo in (Release("o1", AT, store_id=store_id), Reverse("o1", AT, store_id=store_id)):
        assert told(may.wrong_store(book(), undo, AT)) is (holds or store_id is None)
    assert told(may.wrong_store(book(), Issue(), AT))


@pytest.mark.parametrize(("is_open", "holds"), [(True, True), (False, False), (None, True)])
def test_store_closed(is_open, holds):
    assert told(may.store_closed(book(facts=Facts(store_open=is_open)), redeem(), AT)) is holds


@pytest.mark.parametrize(
    ("lines", "holds"),
    [
        (LATTE, True),
        ((Line("tea"), Line("latte", quantity=2)), True),
        ((Line("tea"),), False),
        ((Line("latte", quantity=0),), False),
        ((), False),
        (None, False),
    ],
)
def test_wrong_product(lines, holds):
    assert told(may.wrong_product(book(), redeem(lines=lines), AT)) is holds


@pytest.mark.parametrize(("units", "holds"), [(None, True), (1, True), (0, False), (-1, False)])
def test_out_of_stock(units, holds):
    assert told(may.out_of_stock(book(facts=Facts(stock_units=units)), redeem(), AT)) is holds


@pytest.mark.parametrize(("before", "live"), [(TICK, True), (timedelta(0), False), (-TICK, False)])
def test_a_hold_lives_until_its_last_moment(before, live):
    assert may.live_hold(replace(COUPON, **HELD), AT - before) is live
    assert not may.live_hold(replace(COUPON, **{**HELD, "held_until": None}), AT)
    assert not may.live_hold(replace(COUPON, held_until=AT), AT - TICK)
    # An order's hold has an end of its own, whatever a token has set aside.
    assert may.in_order(replace(COUPON, **{**HELD, "held_until": UNTIL}), AT - before) is live
    assert not may.in_order(replace(COUPON, **{**HELD, "order_until": None}), AT - TICK)
    assert not may.in_order(replace(COUPON, order_until=AT), AT - TICK)


def test_rules_after_the_first_need_a_coupon():
    with pytest.raises(ValueError, match="unknown_coupon"):
        may.the_coupon(Book(None, None))
