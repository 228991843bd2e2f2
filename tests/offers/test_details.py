"""What a refusal says, to the letter, and when: one table of every sentence of the rules.

Rules are named, not held: `make mutants` puts others in their place after these tests were collected."""

from dataclasses import FrozenInstanceError, is_dataclass, replace
from datetime import timedelta
from itertools import product
from types import SimpleNamespace

import pytest

from offers import eligibility as may
from offers import limits
from offers.acts import done_body
from offers.basket import Placed
from offers.book import Book, Facts, Line, Purse, Stacked
from offers.commands import Entry, Hold, Issue, Redeem, Refusal, Release, Reverse, Settle, Token
from offers.ledger import REASONS, RULES, Rule, decide, follow, spent_by, unowed_by
from tests.offers.desk_world import ACCOUNT, AT, COUPON, FROM, LATTE, TICK, UNTIL, book, hold, redeem


def read(value):
    """A value as a database or a request gives it: every text in it equal to the one in the source, and another object."""
    if isinstance(value, str):
        return "".join(list(value))
    if isinstance(value, tuple):
        return tuple(map(read, value))
    if is_dataclass(value):
        return replace(value, **{name: read(one) for name, one in vars(value).items()})
    return value


SETTLE = Settle("o1", "soho", LATTE, AT)
TOKEN = Token("tok_1", "soho", AT)
HELD = {"state": "held", "order_id": "o9", "held_until": UNTIL, "order_until": UNTIL}
USED = {"state": "redeemed", "order_id": "o9", "units": 5, "returned": 3}
MINUTE = timedelta(minutes=1)

SAID = (
    ("wrong_user", book(), redeem(user_id="bob"), "the coupon belongs to someone else"),
    ("wrong_user", book(), Token("t", "soho", AT, "bob"), "the coupon belongs to someone else"),
    ("wrong_user", book(), Issue(), None),
    ("wrong_user", book(), redeem(user_id="ann"), None),
    ("wrong_store", book(), redeem(), None),
    ("already_redeemed", book(**HELD), redeem(order_id=None), "held by order o9"),
    ("not_yet_valid", book(), Token("t", "soho", FROM - timedelta(hours=5)), "valid from 2025-11-04T13:00:00+00:00"),
    ("already_redeemed", book(**HELD), redeem(), "held by order o9"),
    ("already_redeemed", book(**HELD), TOKEN, "held by order o9"),
    ("already_redeemed", book(**HELD), Release("o1", AT), "held by order o9"),
    ("already_redeemed", book(**HELD), Release(None, AT), None),
    ("already_redeemed", book(**HELD), Reverse("o1", AT), None),
    ("already_redeemed", book(**HELD), Issue(), None),
    ("already_redeemed", book(**{**HELD, "order_until": AT}), redeem(), None),
    ("already_redeemed", book(**USED), redeem(order_id="o9"), "redeemed by order o9"),
    ("already_redeemed", book(**USED), Issue(), None),
    ("already_redeemed", book(**USED), Release(None, AT), "redeemed by order o9"),
    ("already_redeemed", book(**{**USED, "state": "overpaid"}), redeem(), "redeemed by order o9"),
    ("already_redeemed", book(**USED), Reverse("o1", AT), "redeemed by order o9, not this one"),
    ("already_redeemed", book(**USED), Reverse("o9", AT), None),
    ("already_redeemed", book(**{**USED, "state": "reversed"}), redeem(order_id="o9"),
     "redeemed by order o9, and that purchase was taken back"),
    ("released", book(state="released"), redeem(), "the coupon was withdrawn"),
    ("released", book(state="released"), Reverse("o1", AT), "the coupon was withdrawn"),
    ("released", book(), redeem(), None),
    ("released", book(), Reverse("o9", AT), "nothing was redeemed"),
    ("released", book(**HELD), Reverse("o9", AT), "nothing was redeemed"),
    ("released", book(**{**USED, "state": "reversed"}), Reverse("o9", AT), "the redemption was taken back before"),
    ("released", book(**USED), Reverse("o9", AT, lines=(Line("latte", 3),)), "only 2 are left to come back"),
    ("released", book(**USED), Reverse("o9", AT, lines=(Line("latte", 2),)), None),
    ("released", book(**USED), Reverse("o9", AT), None),
    ("released", book(**{**USED, "state": "overpaid"}), Reverse("o9", AT), None),
    ("released", book(**USED), redeem(), None),
    ("released", book(), Release("o9", AT), "no hold is left to let go"),
    ("released", book(**HELD), Release("o9", AT), None),
    ("released", book(), Release(None, AT), None),
    ("not_yet_valid", book(), redeem(at=FROM - TICK), "valid from 2025-11-04T13:00:00+00:00"),
    ("not_yet_valid", book(), SETTLE, None),
    ("not_yet_valid", book(), replace(TOKEN, at=FROM - timedelta(hours=4)), "valid from 2025-11-04T13:00:00+00:00"),
    ("not_yet_valid", book(), replace(TOKEN, at=FROM - timedelta(hours=4) + TICK), None),
    ("expired", book(), redeem(at=UNTIL), "was valid until 2025-11-04T15:00:00+00:00"),
    ("expired", book(account={"grace_s": 60}), replace(SETTLE, at=UNTIL + MINUTE - TICK), None),
    ("expired", book(account={"grace_s": 60}), replace(SETTLE, at=UNTIL + MINUTE),
     "was valid until 2025-11-04T15:00:00+00:00"),
    ("expired", book(account={"grace_s": 60}), replace(TOKEN, at=UNTIL - MINUTE - TICK), None),
    ("expired", book(account={"grace_s": 60}), replace(TOKEN, at=UNTIL - MINUTE),
     "was valid until 2025-11-04T15:00:00+00:00"),
    ("wrong_store", book(), redeem(store_id="bund"), "valid in store soho"),
    ("wrong_store", book(), redeem(store_id=None), "valid in store soho"),
    ("wrong_store", book(), replace(TOKEN, store_id=None), "valid in store soho"),
    ("wrong_store", book(), Reverse("o1", AT, store_id="bund"), "valid in store soho"),
    ("store_closed", book(facts=Facts(store_open=False)), redeem(), "store soho is closed then"),
    ("wrong_product", book(), redeem(lines=(Line("tea"),)), "no line of the basket has product latte"),
    ("wrong_product", book(), Reverse("o1", AT, lines=(Line("tea"),)), "no line of the basket has product latte"),
    ("wrong_product", book(), Reverse("o1", AT, lines=LATTE), None),
    ("wrong_product", book(), Reverse("o1", AT), None),
    ("wrong_product", book(min_quantity=2), redeem(), "the basket has fewer than 2 of product latte"),
    ("wrong_product", book(min_quantity=2), redeem(lines=(Line("tea"),)), "no line of the basket has product latte"),
    ("wrong_product", book(min_quantity=2), redeem(lines=(Line("latte", 2, 450),)), None),
    ("wrong_product", book(min_quantity=2), SETTLE, "the basket has fewer than 2 of product latte"),
    ("wrong_product", book(), redeem(lines=(Line("latte", 1, 450),)), None),
    ("wrong_product", book(), TOKEN, None),
    ("wrong_product", book(min_quantity=2), TOKEN, "a till without network takes money off one unit only"),
    ("wrong_product", book(points=1), TOKEN, "a till without network takes money off one unit only"),
    ("out_of_stock", book(facts=Facts(stock_units=0)), redeem(), "product latte is sold out"),
    ("below_margin_floor", book(floor_cents=351, points=1), redeem(), None),
    ("below_margin_floor", book(floor_cents=351), redeem(), "350 cents would be left, the floor is 351"),
    # Before there is a basket the product is taken at its price; a till that tells no lines, too.
    ("below_margin_floor", book(floor_cents=351), Issue(), "350 cents would be left, the floor is 351"),
    ("below_margin_floor", book(floor_cents=351), TOKEN, "350 cents would be left, the floor is 351"),
    ("below_margin_floor", book(floor_cents=351), redeem(lines=()), "350 cents would be left, the floor is 351"),
    ("below_margin_floor", book(floor_cents=351), redeem(lines=(Line("tea"),)), None),
    ("below_margin_floor", book(facts=Facts(stacked=(Stacked("off_2", 60, 0),))), redeem(),
     "290 cents would be left, the floor is 300"),
    ("limit_reached", book(facts=Facts(user_today=2)), redeem(), "at most 1 a user and day"),
    ("limit_reached", book(facts=Facts(user_today=7), account={"max_per_user_day": 7}), redeem(),
     "at most 7 a user and day"),
    ("limit_reached", book(facts=Facts(user_today=7), account={"max_per_user_day": 6}), redeem(),
     "at most 6 a user and day"),
    ("limit_reached", book(facts=Facts(user_ever=2), account={"max_per_user": 2}), redeem(), "at most 2 a user"),
    ("limit_reached", book(account={"max_coupons": 3, "n_used": 3}), redeem(), "at most 3 in all"),
    ("budget_exhausted", book(account={"spent_cents": 901}), redeem(),
     "99 cents are left in the budget of the campaign"),
    ("budget_exhausted", book(account={"spent_cents": 831}), Issue(),
     "19 cents are left to promise in the budget of the campaign"),
    ("budget_exhausted", book(), redeem(), None),
    ("campaign_stopped", book(account={"stopped": True}), redeem(), "campaign c is stopped"),
    ("campaign_stopped", book(), redeem(), None),
)  # fmt: skip


@pytest.mark.parametrize(("reason", "made", "command", "said"), SAID)
def test_what_a_rule_says(reason, made, command, said):
    broken = {rule.reason: rule.broken for rule in RULES}[reason]
    assert broken(read(made), read(command), AT) == said


def test_a_campaigns_grace_is_for_tills():
    made = book(account={"grace_s": 60})
    assert may.expired(made, Issue(), UNTIL - TICK) is None
    assert may.expired(made, Issue(), UNTIL) == "was valid until 2025-11-04T15:00:00+00:00"


def test_the_campaign_is_spoken_of_before_the_other_budgets():
    full = Purse(scope="day", granted_cents=10)
    both = replace(book(account={"spent_cents": 901}), purses=(full, replace(full, scope="user")))
    assert limits.budget_exhausted(both, redeem(), AT) == "99 cents are left in the budget of the campaign"
    one = replace(book(), purses=both.purses)
    assert limits.budget_exhausted(one, redeem(), AT) == "10 cents are left in the budget of the day"
    assert limits.budget_exhausted(replace(one, purses=one.purses[::-1]), redeem(), AT).endswith("user")


def test_a_campaigns_overspend_is_its_own():
    honour = book(account={"granted_cents": 100, "overspend_cents": 500, "spent_cents": 100})
    assert limits.budget_exhausted(honour, redeem(), AT) is None
    chain = Purse(scope="chain", granted_cents=150, spent_cents=100)
    assert limits.budget_exhausted(replace(honour, purses=(chain,)), redeem(), AT) == (
        "50 cents are left in the budget of the chain"
    )
    roomy = replace(chain, overspend_cents=50)
    assert limits.budget_exhausted(replace(honour, purses=(roomy,)), redeem(), AT) is None


@pytest.mark.parametrize("place", range(len(REASONS)), ids=REASONS)
def test_which_commands_a_rule_guards(place):
    rule = RULES[place]
    all_, undo = {Hold, Redeem, Settle, Token}, {Release, Reverse}
    guards = {
        "unknown_coupon": all_ | undo, "wrong_user": all_ | undo, "already_redeemed": all_ | undo, "released": all_ | undo,
        "not_yet_valid": all_, "expired": all_ | {Issue}, "wrong_store": all_ | undo, "store_closed": {Issue, Hold, Redeem},
        "wrong_product": all_ | {Reverse}, "out_of_stock": {Issue, Hold, Redeem},
        "below_margin_floor": all_ | {Issue}, "limit_reached": all_ | {Issue}, "budget_exhausted": all_ | {Issue},
        "campaign_stopped": {Issue, Hold, Redeem, Token},
    }[rule.reason]  # fmt: skip
    assert rule.guards == guards


def test_the_rules_values_are_immutable():
    assert may.live_hold(replace(COUPON, state=read("held"), held_until=UNTIL), AT)
    for value in (RULES[0], Placed(1, 2, 3, 4)):
        name = next(iter(vars(value)))
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, None)
    assert RULES[0] == Rule(may.unknown_coupon, RULES[0].guards)


def test_a_book_without_its_parts_is_a_fault_of_ours_and_says_which():
    with pytest.raises(ValueError, match=r"^unknown_coupon is decided before every rule that reads the coupon$"):
        may.the_coupon(Book(None, ACCOUNT))
    with pytest.raises(ValueError, match=r"^a coupon always comes with its campaign's account$"):
        may.the_account(Book(COUPON, None))


@pytest.mark.parametrize("command", [redeem(), hold(), TOKEN, SETTLE, Release("o1", AT), Reverse("o1", AT)])
def test_who_asks_for_no_coupon_is_told_so_first(command):
    assert decide(Book(None, None), command, AT) == Refusal("unknown_coupon", "no coupon has this code")


def test_a_sale_is_the_same_only_for_the_same_order_of_a_used_coupon():
    told = {"units": 1, "order_id": "o1"}
    # Texts out of a database are equal, and not the same ones.
    for state in map(read, ("redeemed", "reversed", "overpaid")):
        same = decide(book(state=state, **told), SETTLE, AT)
        assert isinstance(same, Refusal)
        assert same.reason == "already_redeemed"
        for order_id in ("o2", "o0", ""):
            other = decide(book(state=state, **told), replace(SETTLE, order_id=order_id), AT)
            assert (other.kind, other.reason) == ("overpay", "already_redeemed")
        assert isinstance(decide(book(state=state, **told), replace(SETTLE, order_id=read("o1")), AT), Refusal)
    # Its own order's hold is no sale: what a rule says no to is an overpayment.
    late = decide(book(state="held", held_until=UNTIL, order_until=UNTIL, **told), replace(SETTLE, at=UNTIL), AT)
    assert (late.kind, late.reason) == ("overpay", "expired")


def test_entries_move_a_coupon_by_what_they_say():
    plain = ("off_1", "c", "o1", "soho", 100, AT, AT)
    kept = replace(COUPON, state="held", order_id="o9", held_until=AT)
    assert follow(kept, Entry("refused", *plain)) == kept
    assert follow(kept, Entry("overpay", *plain)).state == "overpaid"
    used = replace(COUPON, state="redeemed", order_id="o1", units=3)
    assert follow(used, Entry("overpay", *plain)) == used
    assert follow(used, Entry("reverse", *plain, units=2)) == replace(used, returned=2)
    assert follow(used, Entry("reverse", *plain, units=3)) == replace(used, returned=3, state="reversed")
    assert follow(used, Entry("reverse", *plain, units=9)).state == "reversed"
    # Entries of the first revision tell no units: all of one.
    assert follow(used, Entry("reverse", *plain)) == replace(used, returned=3, state="reversed")
    assert follow(COUPON, Entry("redeem", *plain)).units == follow(COUPON, Entry("overpay", *plain)).units == 1
    assert follow(replace(COUPON, state="held"), Entry("issue", *plain)) == COUPON
    late = follow(COUPON, Entry("overpay", *plain, day="2025-11-04", units=2))
    assert late == replace(COUPON, state="overpaid", order_id="o1", used_day="2025-11-04", units=2)
    signed = Entry("token", *plain[:2], None, *plain[3:], UNTIL, "tok_1", "2025-11-04")
    token = replace(COUPON, state="held", held_until=UNTIL, token_id="tok_1", used_day="2025-11-04")
    assert follow(COUPON, signed) == token
    # Beneath an order's hold the token's set-aside goes on, and it is whichever ends later.
    for until, end in ((UNTIL - TICK, UNTIL), (UNTIL + TICK, UNTIL + TICK)):
        held = follow(token, Entry("hold", *plain, until, "tok_1", "2025-11-05"))
        assert held == replace(token, order_id="o1", order_until=until, held_until=end, used_day="2025-11-05")
    # Before the third revision a hold ended it, and such entries still do.
    assert follow(token, Entry("hold", *plain, AT)).token_id is None
    assert follow(token, Entry("hold", *plain, AT)).held_until == AT
    assert follow(token, Entry("release", *plain, UNTIL, "tok_1", "2025-11-04")) == token
    assert follow(token, Entry("release", *plain)) == COUPON
    assert follow(token, Entry("release", "off_1", "c", None, "soho", 100, AT, AT)).state == "released"


@pytest.mark.parametrize("state", ["redeemed", "reversed", "overpaid"])
def test_a_second_order_paid_on_a_used_coupon_cant_be_reversed(state):
    used = replace(COUPON, state=read(state), order_id="o1", units=1, returned=int(state == "reversed"))
    paid = decide(Book(used, ACCOUNT), replace(SETTLE, order_id="o9"), AT)
    assert (paid.kind, follow(used, paid)) == ("overpay", used)
    back = decide(Book(follow(used, paid), ACCOUNT), Reverse("o9", AT), AT)
    assert back == Refusal("already_redeemed", back.detail)


def parts(n, most):
    """Every way in which n units come back, at most so many at once."""
    if not n:
        return [()]
    return [(first, *rest) for first in range(1, min(n, most) + 1) for rest in parts(n - first, most)]


@pytest.mark.parametrize("n", range(1, 5))
def test_points_that_come_back_in_parts_add_up(n):
    for points, cents, sizes in product((1, 7, 10), (1, 4, 200), parts(n, n)):
        coupon = replace(COUPON, state="redeemed", order_id="o1", units=n, points=points, discount_cents=cents)
        row, told = SimpleNamespace(**vars(coupon), code="0" * 16, currency="USD"), []
        for size in sizes:
            entry = decide(Book(coupon, ACCOUNT), Reverse("o1", AT, lines=(Line("latte", size),)), AT)
            body = done_body(entry, row, coupon, ACCOUNT)
            coupon = follow(coupon, entry)
            told.append(body["points"])
            # As the cents: of n units the first r bring so much in all.
            assert (sum(told), body["discount_cents"]) == (points * coupon.returned // n, 0)
        assert sum(told) == points


def test_which_sum_an_entry_moves():
    kinds = ("issue", "hold", "redeem", "release", "reverse", "token", "overpay", "refused", "grant", "unreserve", "terms",
             "decide", "lease")  # fmt: skip
    plain = ("off_1", "c", "o1", "soho", 100, AT, AT)
    moved = {kind: (spent_by(one), unowed_by(one)) for kind in kinds for one in [Entry(read(kind), *plain)]}
    assert {kind: cents for kind, cents in moved.items() if cents != (0, 0)} == {
        "redeem": (100, 0), "overpay": (0, 100), "reverse": (-100, 0),
    }  # fmt: skip
    back = Entry("reverse", *plain, reason="overpaid")
    assert (spent_by(back), unowed_by(back)) == (0, -100)
