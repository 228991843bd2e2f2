from dataclasses import replace
from datetime import timedelta

import pytest

from offers.book import Book, Facts, Line
from offers.commands import Entry, Issue, Refusal, Release, Reverse
from offers.ledger import REASONS, RULES, decide, follow, spent_by
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
    entry = decide(book(), redeem(), AT)
    assert entry == Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, AT)


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


def test_the_own_hold_isnt_counted_twice():
    full = {"spent_cents": 900, "held_cents": 100}
    own = {"state": "held", "order_id": "o1", "held_until": AT + TICK}
    assert reason(decide(book(account=full, **own), redeem(), AT)) is None
    # Run out, it was no longer in held_cents: what is there now belongs to others.
    assert reason(decide(book(account=full, **{**own, "held_until": AT}), redeem(), AT)) == "budget_exhausted"


@pytest.mark.parametrize("command", [Release("o1", AT), Reverse("o1", AT)])
def test_letting_go_needs_neither_window_nor_money(command):
    state = {"state": "held" if isinstance(command, Release) else "redeemed", "order_id": "o1"}
    made = book(
        facts=Facts(False, 0, 9),
        account={"stopped": True, "spent_cents": 1000},
        held_until=UNTIL,
        floor_cents=999,
        **state,
    )
    kind = "release" if isinstance(command, Release) else "reverse"
    assert decide(made, replace(command, at=UNTIL), AT) == Entry(kind, "off_1", "c", "o1", "soho", 100, AT, UNTIL)


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
    before = replace(COUPON, state="redeemed", order_id="o1") if kind == "reverse" else COUPON
    after = follow(before, Entry(kind, "off_1", "c", order_id, "soho", 100, AT, AT, UNTIL if kind == "hold" else None))
    assert (after.state, after.order_id) == (state, order)
    assert after.held_until == (UNTIL if kind == "hold" else None)


def test_money_moves_at_redeem_and_back_at_reverse_only():
    moved = {k: spent_by(Entry(k, "off_1", "c", "o1", "soho", 100, AT, AT)) for k in ("issue", "hold", "release")}
    assert set(moved.values()) == {0}
    assert spent_by(Entry("redeem", "off_1", "c", "o1", "soho", 100, AT, AT)) == 100
    assert spent_by(Entry("reverse", "off_1", "c", "o1", "soho", 100, AT, AT)) == -100


def test_a_coupon_without_an_account_is_a_fault_of_ours():
    with pytest.raises(ValueError, match="account"):
        decide(Book(COUPON, None, Facts()), redeem(), AT)
    assert ACCOUNT.granted_cents == 1000
