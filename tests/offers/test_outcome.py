from dataclasses import replace
from datetime import timedelta

import pytest

from offers.book import Book, Facts, Line
from offers.commands import Entry, Issue, Release, Reverse, Settle, Token
from offers.outcome import entry_of, overpaid, token_end
from tests.offers.desk_world import ACCOUNT, AT, COUPON, FROM, LATTE, UNTIL, book, hold, redeem

DAY = Facts(store_open=True, day="2025-11-04")
LATER = AT + timedelta(seconds=9)
SIGNED = {"state": "held", "token_id": "tok_0", "held_until": UNTIL, "used_day": "2025-11-03"}
HELD = {**SIGNED, "order_id": "o1", "order_until": LATER}
LIMITS = {"hold_s": 60, "token_s": 600, "sync_s": 3600, "grace_s": 5}
TOKEN = Token("tok_1", "soho", AT)


def entry(kind, order_id="o1", cents=100, judged=AT, **more):
    return Entry(kind, "off_1", "c", order_id, "soho", cents, LATER, judged, **{"day": "2025-11-04", **more})


@pytest.mark.parametrize(
    ("coupon", "command", "wanted"),
    [
        ({}, Issue(), entry("issue", None, 20, LATER)),
        ({}, redeem(lines=(Line("latte", 3), Line("tea"))), entry("redeem", units=3)),
        ({}, redeem(order_id=""), entry("redeem", None, units=1)),
        (HELD, redeem(), entry("redeem", units=1)),
        ({}, redeem(at=FROM), entry("redeem", judged=FROM, units=1)),
        ({}, hold(), entry("hold", held_until=LATER + timedelta(seconds=60))),
        (SIGNED, hold(), entry("hold", held_until=LATER + timedelta(seconds=60), token_id="tok_0")),
        ({**SIGNED, "held_until": LATER}, hold(), entry("hold", held_until=LATER + timedelta(seconds=60))),
        ({}, TOKEN, entry("token", None, held_until=AT + timedelta(seconds=4205), token_id="tok_1")),
        (
            {**SIGNED, "held_until": LATER + timedelta(seconds=1)},
            TOKEN,
            entry("token", None, held_until=AT + timedelta(seconds=4205), token_id="tok_1"),
        ),
        (SIGNED, TOKEN, entry("token", None, held_until=UNTIL, token_id="tok_1")),
        ({**SIGNED, "held_until": LATER}, TOKEN,
         entry("token", None, held_until=AT + timedelta(seconds=4205), token_id="tok_1")),
        ({**SIGNED, "token_id": None}, TOKEN,
         entry("token", None, held_until=AT + timedelta(seconds=4205), token_id="tok_1")),
        ({}, Release("o1", AT), entry("release", day=None)),
        ({}, Release(None, AT), entry("release", None, day=None)),
        ({**HELD, "token_id": None}, Release("o1", AT), entry("release", day=None)),
        (HELD, Release("o1", AT), entry("release", held_until=UNTIL, token_id="tok_0", day="2025-11-03")),
        (HELD, Release(None, AT), entry("release", None, day=None)),
        ({**HELD, "held_until": LATER}, Release("o1", AT), entry("release", day=None)),
        ({"state": "redeemed", "units": 3, "used_day": "2025-11-03"}, Reverse("o1", AT, lines=LATTE),
         entry("reverse", cents=33, day="2025-11-03", units=1)),
        ({"state": "redeemed", "units": 3, "returned": 1}, Reverse("o1", AT), entry("reverse", cents=67, day=None, units=2)),
        ({"state": "overpaid", "units": 3, "returned": 1}, Reverse("o1", AT),
         entry("reverse", cents=67, day=None, units=2, reason="overpaid")),
    ],
)  # fmt: skip
def test_what_a_command_becomes(coupon, command, wanted):
    assert entry_of(book(facts=DAY, account=LIMITS, **coupon), command, LATER) == wanted


@pytest.mark.parametrize(
    ("lines", "units"), [(LATTE, 1), ((Line("latte", 2), Line("latte", 5)), 7), ((Line("tea"),), 1)]
)
def test_an_overpayment_takes_the_whole_discount_for_the_orders_units(lines, units):
    sale = Settle("o1", "soho", lines, FROM)
    found = overpaid(book(facts=DAY), sale, "expired", LATER)
    assert found == entry("overpay", judged=FROM, units=units, reason="expired")


def test_a_token_ends_with_the_window_at_the_latest():
    brief = replace(ACCOUNT, token_s=60)
    assert token_end(ACCOUNT, UNTIL, UNTIL) == token_end(ACCOUNT, AT, UNTIL) == UNTIL
    assert token_end(brief, UNTIL - timedelta(seconds=60), UNTIL) == UNTIL
    assert token_end(brief, UNTIL - timedelta(seconds=61), UNTIL) == UNTIL - timedelta(seconds=1)


def test_nothing_becomes_of_half_a_book():
    for half in (Book(None, ACCOUNT), Book(COUPON, None)):
        with pytest.raises(ValueError, match=r"coupon"):
            entry_of(half, Issue(), AT)


@pytest.mark.parametrize("state", ["issued", "redeemed", "overpaid", "reversed"])
def test_only_what_was_overpaid_comes_back_to_no_budget(state):
    back = entry_of(book(state="".join(list(state)), units=1), Reverse("o1", AT), AT)
    assert back.reason == ("overpaid" if state == "overpaid" else None)
