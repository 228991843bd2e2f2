from dataclasses import replace
from datetime import timedelta

import pytest

from offers.basket import paid_cents
from offers.book import Book, Facts, Line, Purse
from offers.commands import Entry, Issue, Refusal, Release, Reverse, Settle, Token
from offers.ledger import REASONS, RULES, decide, follow, spent_by, unowed_by
from tests.offers.desk_world import ACCOUNT, AT, COUPON, FROM, TICK, UNTIL, book, hold, redeem

# WIRE.md's list, in its order.
WIRE = (
    "unknown_coupon", "wrong_user", "already_redeemed", "released", "not_yet_valid", "expired", "wrong_store",
    "store_closed", "wrong_product", "out_of_stock", "below_margin_floor", "limit_reached", "budget_exhausted",
    "campaign_stopped",
)  # fmt: skip


def reason(result):
    return result.reason if isinstance(result, Refusal) else None


def test_reasons_are_the_wires_in_its_order():
    assert REASONS == WIRE


def test_every_rule_has_its_sentence():
    assert all(rule.broken.__doc__ and rule.broken.__doc__.endswith(".") for rule in RULES)


# Each change breaks one rule; together they break all, and the first in order names the refusal.
BREAKS = (
    ("wrong_user", {}, {}, {}, {"user_id": "bob"}),
    ("already_redeemed", {"state": "redeemed", "order_id": "o9"}, {}, {}, {}),
    ("released", {"state": "released"}, {}, {}, {}),
    ("not_yet_valid", {}, {}, {}, {"at": FROM - TICK}),
    ("expired", {}, {}, {}, {"at": UNTIL}),
    ("wrong_store", {}, {}, {}, {"store_id": "bund"}),
    ("store_closed", {}, {}, {"store_open": False}, {}),
    ("wrong_product", {}, {}, {}, {"lines": (Line("tea"),)}),
    ("out_of_stock", {}, {}, {"stock_units": 0}, {}),
    ("below_margin_floor", {"floor_cents": 351}, {}, {}, {}),
    ("limit_reached", {}, {}, {"user_today": 1}, {}),
    ("budget_exhausted", {}, {"spent_cents": 901}, {}, {}),
    ("campaign_stopped", {}, {"stopped": True}, {}, {}),
)


def test_nothing_broken_is_redeemed():
    entry = decide(book(facts=Facts(store_open=True, day="2025-11-04")), redeem(), AT)
    assert entry == Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, AT, day="2025-11-04", units=1)


def test_no_coupon_comes_before_everything():
    assert reason(decide(Book(None, None), redeem(user_id="bob"), AT)) == "unknown_coupon"


@pytest.mark.parametrize("place", range(len(BREAKS)), ids=[broken[0] for broken in BREAKS])
def test_the_first_broken_rule_names_the_refusal(place):
    for rest in (BREAKS[place : place + 1], BREAKS[place:]):
        coupon, account, facts, command = {}, {}, {"store_open": True}, {}
        for _, of_coupon, of_account, of_facts, of_command in reversed(rest):
            coupon.update(of_coupon), account.update(of_account), facts.update(of_facts), command.update(of_command)
        made = book(facts=Facts(**facts), account=account, **coupon)
        assert reason(decide(made, redeem(**command), AT)) == BREAKS[place][0]


@pytest.mark.parametrize(
    ("price", "off", "floor", "broken"),
    [(450, 0, 350, False), (450, 0, 351, True), (400, 0, 300, False), (399, 0, 300, True), (450, 50, 300, False),
     (450, 51, 300, True), (None, 50, 300, False), (None, 51, 300, True)],
)  # fmt: skip
def test_below_margin_floor_reads_the_price_paid(price, off, floor, broken):
    lines = (Line("latte", 1, price, off),)
    refused = reason(decide(book(floor_cents=floor), redeem(lines=lines), AT))
    assert refused == ("below_margin_floor" if broken else None)


@pytest.mark.parametrize(("limit", "today", "broken"), [(1, 0, False), (1, 1, True), (2, 1, False), (2, 2, True)])
def test_limit_reached(limit, today, broken):
    made = book(facts=Facts(user_today=today), account={"max_per_user_day": limit})
    assert (reason(decide(made, hold(), AT)) == "limit_reached") is broken


@pytest.mark.parametrize(
    ("spent", "held", "promised", "broken"),
    [(900, 0, 0, False), (901, 0, 0, True), (800, 100, 0, False), (800, 101, 0, True), (900, 0, 9999, False)],
)
def test_a_redemption_may_use_the_reserve_but_no_more_than_the_grant(spent, held, promised, broken):
    made = book(account={"spent_cents": spent, "held_cents": held, "promised_cents": promised})
    assert (reason(decide(made, redeem(), AT)) == "budget_exhausted") is broken


@pytest.mark.parametrize(
    ("spent", "held", "promised", "broken"),
    [
        (830, 0, 0, False),
        (831, 0, 0, True),
        (0, 830, 0, False),
        (0, 831, 0, True),
        (0, 0, 830, False),
        (0, 0, 831, True),
    ],
)
def test_an_issue_spares_the_reserve(spent, held, promised, broken):
    made = book(account={"spent_cents": spent, "held_cents": held, "promised_cents": promised})
    assert (reason(decide(made, Issue(), AT)) == "budget_exhausted") is broken


def test_purses_of_other_scopes_count_alike():
    purse = Purse(scope="store", granted_cents=300, reserve_cents=45, spent_cents=100, held_cents=100)
    for cents, broken in ((0, False), (1, True)):
        full = replace(book(), purses=(replace(purse, spent_cents=100 + cents),))
        found = decide(full, redeem(), AT)
        assert (reason(found) == "budget_exhausted") is broken
        assert not broken or found.detail == "99 cents are left in the budget of the store"
    for promised, broken in ((35, False), (36, True)):
        full = replace(book(), purses=(replace(purse, promised_cents=promised),))
        assert (reason(decide(full, Issue(), AT)) == "budget_exhausted") is broken


@pytest.mark.parametrize(("overspend", "spent", "broken"), [(0, 901, True), (50, 950, False), (50, 951, True)])
def test_honour_pays_what_was_sent_up_to_its_overspend(overspend, spent, broken):
    made = book(account={"spent_cents": spent, "overspend_cents": overspend})
    assert (reason(decide(made, redeem(), AT)) == "budget_exhausted") is broken
    assert reason(decide(made, Issue(), AT)) == "budget_exhausted"


@pytest.mark.parametrize(
    ("account", "ever", "broken"),
    [({"max_per_user": 2}, 1, False), ({"max_per_user": 2}, 2, True), ({"max_per_user": 2}, 3, True),
     ({"max_coupons": 3, "n_used": 2}, 9, False), ({"max_coupons": 3, "n_used": 3}, 0, True),
     ({"max_coupons": 3, "n_used": 4}, 0, True), ({"n_used": 10**9}, 10**9, False)],
)  # fmt: skip
def test_limits_over_all_days(account, ever, broken):
    made = book(facts=Facts(user_ever=ever), account=account)
    assert (reason(decide(made, redeem(), AT)) == "limit_reached") is broken


@pytest.mark.parametrize("command", [Release("o1", AT), Reverse("o1", AT)])
def test_letting_go_needs_neither_window_nor_money(command):
    state = {"state": "held" if isinstance(command, Release) else "redeemed", "order_id": "o1", "units": 1}
    made = book(
        facts=Facts(False, 0, 9),
        account={"stopped": True, "spent_cents": 1000},
        held_until=UNTIL,
        order_until=UNTIL,
        floor_cents=999,
        **state,
    )
    kind = "release" if isinstance(command, Release) else "reverse"
    units = None if kind == "release" else 1
    wanted = Entry(kind, "off_1", "c", "o1", "soho", 100, AT, UNTIL, units=units)
    assert decide(made, replace(command, at=UNTIL), AT) == wanted


def test_a_hold_runs_by_our_clock_not_the_tills():
    entry = decide(book(account={"hold_s": 60}), hold(at=FROM), AT)
    assert (entry.kind, entry.at, entry.judged_at, entry.held_until) == ("hold", AT, FROM, AT + timedelta(seconds=60))


def test_an_issue_reserves_the_expected_cost():
    assert decide(book(), Issue(), AT) == Entry("issue", "off_1", "c", None, "soho", 20, AT, AT)


@pytest.mark.parametrize(
    ("kind", "order_id", "state", "order"),
    [("issue", None, "issued", None), ("hold", "o1", "held", "o1"), ("redeem", "o1", "redeemed", "o1"),
     ("release", "o1", "issued", None), ("release", None, "released", None), ("reverse", "o1", "reversed", "o1")],
)  # fmt: skip
def test_follow(kind, order_id, state, order):
    before = replace(COUPON, state="redeemed", order_id="o1", units=1) if kind == "reverse" else COUPON
    after = follow(before, Entry(kind, "off_1", "c", order_id, "soho", 100, AT, AT, UNTIL if kind == "hold" else None))
    assert (after.state, after.order_id) == (state, order)
    assert after.held_until == (UNTIL if kind == "hold" else None)


def test_a_coupon_that_is_free_again_keeps_nothing_of_before():
    used = replace(
        COUPON, state="held", order_id="o9", held_until=AT, order_until=AT, token_id="tok_9", used_day="2025-11-03",
        units=7, returned=5,
    )  # fmt: skip
    assert follow(used, Entry("release", "off_1", "c", "o9", "soho", 100, AT, AT)) == COUPON
    paid = follow(used, Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, AT, day="2025-11-04", units=2))
    assert paid == replace(COUPON, state="redeemed", order_id="o1", used_day="2025-11-04", units=2)
    held = follow(used, Entry("hold", "off_1", "c", "o1", "soho", 100, AT, AT, UNTIL, day="2025-11-04"))
    assert held == replace(
        COUPON, state="held", order_id="o1", held_until=UNTIL, order_until=UNTIL, used_day="2025-11-04"
    )


def test_money_moves_at_redeem_and_back_at_reverse_only():
    moved = {k: spent_by(Entry(k, "off_1", "c", "o1", "soho", 100, AT, AT)) for k in ("issue", "hold", "release")}
    assert set(moved.values()) == {0}
    assert spent_by(Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, AT)) == 100
    assert spent_by(Entry("reverse", "off_1", "c", "o1", "soho", 100, AT, AT)) == -100


@pytest.mark.parametrize(("discount", "units"), [(100, 3), (1, 7), (99, 2), (250, 250), (5, 1)])
def test_parts_that_come_back_add_up_to_the_discount_exactly(discount, units):
    coupon = follow(replace(COUPON, discount_cents=discount), decide(book(), redeem(lines=(Line("latte", units),)), AT))
    total, parts = 0, [1] * units if units < 9 else [units // 3, units - units // 3 - 1, 1]
    for part in parts:
        assert coupon.state == "redeemed"
        entry = decide(replace(book(), coupon=coupon), Reverse("o1", AT, lines=(Line("latte", part),)), AT)
        total, coupon = total + entry.amount_cents, follow(coupon, entry)
    assert (total, coupon.state, coupon.returned) == (discount, "reversed", units)
    assert reason(decide(replace(book(), coupon=coupon), Reverse("o1", AT), AT)) == "released"


def test_no_more_comes_back_than_was_sold():
    coupon = follow(COUPON, decide(book(), redeem(lines=(Line("latte", 2), Line("latte", 1, 400))), AT))
    assert coupon.units == 3
    made = replace(book(), coupon=coupon)
    four = decide(made, Reverse("o1", AT, lines=(Line("latte", 4),)), AT)
    assert four == Refusal("released", "only 3 are left to come back")
    assert reason(decide(made, Reverse("o1", AT, lines=(Line("tea"),)), AT)) == "wrong_product"
    one = decide(made, Reverse("o1", AT, lines=(Line("tea"), Line("latte"))), AT)
    assert (one.amount_cents, one.units) == (33, 1)
    back = replace(book(), coupon=follow(coupon, one))
    too_many = Refusal("released", "only 2 are left to come back")
    assert decide(back, Reverse("o1", AT, lines=(Line("latte", 3),)), AT) == too_many
    rest = decide(back, Reverse("o1", AT), AT)
    assert (rest.amount_cents, rest.units) == (67, 2)


def test_a_till_without_network_pays_whatever_the_rules_say():
    held = {"state": "held", "token_id": "tok_1", "held_until": UNTIL}
    paid = decide(book(**held), Settle("o1", "soho", (Line("latte"),), AT), AT)
    assert (paid.kind, paid.amount_cents, paid.order_id) == ("redeem", 100, "o1")
    late = decide(book(**held), Settle("o1", "soho", (Line("latte"),), UNTIL), AT)
    assert (late.kind, late.reason, late.amount_cents, spent_by(late)) == ("overpay", "expired", 100, 0)
    # Used up all the same: neither this order nor another gets it again, and no budget owes what could come back.
    gone = follow(COUPON, late)
    assert (gone.state, gone.order_id, paid_cents(gone)) == ("overpaid", "o1", 0)
    for command in (redeem(), redeem(order_id="o2"), hold(), Token("tok_2", "soho", AT)):
        assert reason(decide(replace(book(), coupon=gone), command, AT)) == "already_redeemed"
    assert reason(decide(replace(book(), coupon=gone), Reverse("o2", AT), AT)) == "already_redeemed"
    same = decide(replace(book(), coupon=gone), Settle("o1", "soho", (Line("latte"),), AT), AT)
    assert reason(same) == "already_redeemed"
    used = follow(COUPON, paid)
    again = decide(replace(book(), coupon=used), Settle("o2", "soho", (Line("latte"),), AT), AT)
    assert (again.kind, again.reason, follow(used, again)) == ("overpay", "already_redeemed", used)
    assert (
        reason(decide(replace(book(), coupon=used), Settle("o1", "soho", (Line("latte"),), AT), AT))
        == "already_redeemed"
    )
    assert reason(decide(Book(None, None), Settle("o1", "soho", (Line("latte"),), AT), AT)) == "unknown_coupon"
    closed = Facts(store_open=False, stock_units=0)
    stopped = book(facts=closed, account={"stopped": True}, **held)
    assert decide(stopped, Settle("o1", "soho", (Line("latte"),), AT), AT).kind == "redeem"


def test_a_token_is_a_hold_that_no_order_owns():
    made = book(account={"token_s": 600, "sync_s": 3600})
    entry = decide(made, Token("tok_1", "soho", AT), AT)
    assert (entry.kind, entry.token_id, entry.order_id) == ("token", "tok_1", None)
    assert entry.held_until == AT + timedelta(seconds=600 + 3600)
    coupon = follow(COUPON, entry)
    assert reason(decide(replace(made, coupon=coupon), redeem(), AT)) is None
    assert reason(decide(replace(made, coupon=coupon), Release("o1", AT), AT)) == "released"
    assert follow(coupon, decide(replace(made, coupon=coupon), redeem(), AT)).token_id is None
    # Signed times are whole seconds: less than a minute is no token.
    last = UNTIL - timedelta(minutes=1)
    end = decide(made, Token("tok_1", "soho", last - TICK), last - TICK)
    assert end.held_until == UNTIL + timedelta(seconds=3600)
    assert reason(decide(made, Token("tok_1", "soho", last), last)) == "expired"


def test_what_was_overpaid_comes_back_from_where_it_is_counted():
    late = decide(book(), Settle("o1", "soho", (Line("latte", 3),), UNTIL), AT)
    assert (late.kind, late.units, unowed_by(late), spent_by(late)) == ("overpay", 3, 100, 0)
    gone = follow(COUPON, late)
    one = decide(replace(book(), coupon=gone), Reverse("o1", AT, lines=(Line("latte"),)), AT)
    assert (one.amount_cents, one.units, one.reason, unowed_by(one), spent_by(one)) == (33, 1, "overpaid", -33, 0)
    left = follow(gone, one)
    assert (left.state, left.returned) == ("overpaid", 1)
    rest = decide(replace(book(), coupon=left), Reverse("o1", AT), AT)
    assert (rest.amount_cents, rest.units, rest.day) == (67, 2, late.day)
    back = follow(left, rest)
    assert (back.state, back.returned, paid_cents(back)) == ("reversed", 3, 0)
    again = Refusal("released", "the redemption was taken back before")
    assert decide(replace(book(), coupon=back), Reverse("o1", AT), AT) == again
    # A basket without the product was paid for one unit of it.
    odd = decide(book(), Settle("o1", "soho", (Line("tea"),), AT), AT)
    assert (odd.reason, odd.units) == ("wrong_product", 1)


def test_an_orders_hold_ends_no_tokens_set_aside():
    made = book(account={"hold_s": 60, "token_s": 600, "sync_s": 3600})
    signed = decide(made, Token("tok_1", "soho", AT), AT)
    coupon, end = follow(COUPON, signed), AT + timedelta(seconds=4200)
    soon = AT + timedelta(seconds=1)
    entry = decide(replace(made, coupon=coupon), hold(), soon)
    assert (entry.held_until, entry.token_id) == (soon + timedelta(seconds=60), "tok_1")
    held = follow(coupon, entry)
    assert (held.held_until, held.order_until, held.token_id) == (end, soon + timedelta(seconds=60), "tok_1")
    # The order's hold runs out by itself; the money doesn't.
    later = soon + timedelta(seconds=60)
    assert reason(decide(replace(made, coupon=held), redeem(order_id="o2"), later - TICK)) == "already_redeemed"
    assert reason(decide(replace(made, coupon=held), redeem(order_id="o2"), later)) is None
    free = decide(replace(made, coupon=held), Release("o1", soon), soon)
    assert (free.held_until, free.token_id, free.order_id) == (end, "tok_1", "o1")
    assert follow(held, free) == coupon
    # A hold that lasts longer than the token's set-aside keeps the money as long; once both are over, nothing is named.
    slow = replace(made, coupon=coupon, account=replace(made.account, hold_s=9000))
    assert follow(coupon, decide(slow, hold(), AT)).held_until == AT + timedelta(seconds=9000)
    fresh = decide(replace(made, coupon=coupon), hold(at=AT), end)
    assert (fresh.token_id, follow(coupon, fresh).held_until) == (None, end + timedelta(seconds=60))
    # Withdrawn is withdrawn, and a shorter token after a longer one takes nothing away.
    assert follow(held, decide(replace(made, coupon=held), Release(None, soon), soon)) == replace(
        COUPON, state="released"
    )
    brief = replace(made, coupon=coupon, account=replace(made.account, token_s=60))
    assert decide(brief, Token("tok_2", "soho", soon), soon).held_until == end
    assert decide(brief, Token("tok_2", "soho", AT), end).held_until == AT + timedelta(seconds=3660)


def test_a_tokens_set_aside_covers_the_grace():
    made = book(account={"token_s": 600, "sync_s": 3600, "grace_s": 90})
    assert decide(made, Token("tok_1", "soho", AT), AT).held_until == AT + timedelta(seconds=600 + 90 + 3600)


@pytest.mark.parametrize("kind", [Release, Reverse])
def test_a_till_of_another_store_undoes_nothing(kind):
    state = {"state": "held", "order_until": UNTIL, "held_until": UNTIL} if kind is Release else {"state": "redeemed"}
    made = book(order_id="o1", units=1, **state)
    assert reason(decide(made, kind("o1", AT, store_id="bund"), AT)) == "wrong_store"
    assert {reason(decide(made, kind("o1", AT, store_id=one), AT)) for one in ("soho", None)} == {None}


@pytest.mark.parametrize(("ahead", "broken"), [(600, True), (599, False), (0, False)])
def test_a_token_may_be_had_as_long_before_the_window_as_it_lives(ahead, broken):
    at = FROM - timedelta(seconds=ahead)
    found = decide(book(account={"token_s": 600}), Token("tok_1", "soho", at), at)
    assert (reason(found) == "not_yet_valid") is broken


@pytest.mark.parametrize(("late", "broken"), [(59, False), (60, True)])
def test_a_queue_at_the_till_has_its_grace(late, broken):
    at = UNTIL + timedelta(seconds=late)
    for command in (redeem(at=at), hold(at=at)):
        assert (reason(decide(book(account={"grace_s": 60}), command, at)) == "expired") is broken
    assert reason(decide(book(account={"grace_s": 60}), Token("tok_1", "soho", UNTIL), UNTIL)) == "expired"


def test_a_coupon_without_an_account_is_a_fault_of_ours():
    with pytest.raises(ValueError, match="account"):
        decide(Book(COUPON, None, Facts()), redeem(), AT)
    assert ACCOUNT.granted_cents == 1000
