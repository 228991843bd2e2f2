"""What is locked while a group decides: on PostgreSQL the order too, as coupons of several campaigns may meet in it."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from offers import till
from offers.acts import Act
from offers.book import Line
from offers.desk import Desk
from offers.journal import Journal
from offers.loading import load
from offers.verify import verify
from tests.offers.desk_world import AT, BUND, DAY, PLANNED, SOHO, ask, campaign, code_of, decision

WAIT_S = 30


def test_two_campaigns_cant_go_below_one_floor_at_once(postgres_url):
    first, second = Desk(Journal(postgres_url)), Desk(Journal(postgres_url))
    for name, user in (("c", "ann"), ("d", "bob")):
        first.open(replace(campaign(), id=name), [SOHO], PLANNED)
        first.issue(name, [decision(user)], PLANNED)
    one, two = code_of(first, "ann"), code_of(first, "bob")
    answers, began = [], threading.Event()

    def other_campaign():
        began.set()
        answers.append(second.redeem(two, ask(), "k2", AT))

    with first.journal.write() as connection:
        (paid,) = till._together(connection, [Act("redeem", one, ask(), "k1", AT)], [None], None)
        assert paid.ok
        thread = threading.Thread(target=other_campaign)
        thread.start()
        assert began.wait(WAIT_S)
        # It waits for the order; whoever looked past it would have been paid by now.
        thread.join(1)
        assert answers == []
    thread.join(WAIT_S)
    assert [answer.body["reason"] for answer in answers] == ["below_margin_floor"]
    assert verify(first.journal) == []
    first.journal.close()
    second.journal.close()


def test_an_empty_group_is_nothing(sqlite_url):
    journal = Journal(sqlite_url)
    assert till.carry_out(journal, [], None) == []
    journal.close()


@pytest.mark.parametrize("place", ["sqlite_url", "postgres_url"])
def test_a_group_is_found_by_index_however_many_coupons_were_used(request, place):
    # One caller's statement may be planned in another way than a group's, so the group is what is looked at.
    journal, seen = Journal(request.getfixturevalue(place)), []
    engine, codes = journal.engine, {f"code{n}" for n in range(40)}

    def note(connection, cursor, statement, parameters, *_):
        if "FROM coupons" in statement:
            seen.append((statement, parameters))

    with journal.write() as connection:
        sa.event.listen(engine, "before_cursor_execute", note)
        load(connection, codes, {f"order{n}" for n in range(40)}, AT, lock=True)
        sa.event.remove(engine, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        plans = [str(connection.exec_driver_sql(explain + text, told).all()) for text, told in seen]
    assert len(plans) == 3
    for plan in plans:
        assert "coupons_open" not in plan
        assert "SCAN coupons" not in plan
        assert "Seq Scan on coupons" not in plan
    assert "coupons_user" in plans[1]
    assert "coupons_order" in plans[1]
    journal.close()


OVER = AT + timedelta(seconds=300)
"""The hold of AT has run out."""
BOTH = (Line("latte"), Line("tea"))


@pytest.fixture
def two(sqlite_url):
    """A desk, and what makes two coupons of 100 for ann and bob: of one latte at 450 the floor of 300 bears one."""
    desk = Desk(Journal(sqlite_url))
    desk.open(campaign(10**6), [SOHO, BUND], PLANNED)

    def issued(**first):
        desk.issue("c", [decision("ann", **first), decision("bob")], PLANNED)
        return code_of(desk, "ann"), code_of(desk, "bob")

    yield desk, issued
    assert verify(desk.journal) == []
    desk.journal.close()


@pytest.mark.parametrize(
    ("act", "first", "order", "now", "reason"),
    [
        ("redeem", {}, "o1", AT, "below_margin_floor"),
        ("redeem", {}, "o2", AT, None),
        ("redeem", {"product_id": "tea"}, "o1", AT, None),
        ("redeem", {"points": 5}, "o1", AT, None),
        ("redeem", {"store_id": "bund"}, "o1", AT, None),
        ("hold", {}, "o1", AT, "below_margin_floor"),
        ("hold", {}, "o1", OVER, None),
        ("hold", {}, "o2", AT, None),
        ("reverse", {}, "o1", AT, None),
    ],
)
def test_what_else_an_order_took_off_the_same_product(two, act, first, order, now, reason):
    desk, issued = two
    ann, bob = issued(**first)
    basket = ask(lines=BOTH, store_id=first.get("store_id", "soho"))
    assert (desk.hold if act == "hold" else desk.redeem)(ann, basket, "a1", AT).ok
    if act == "reverse":
        assert desk.reverse(ann, basket, "a2", AT).ok
    answer = desk.redeem(bob, ask(lines=BOTH, order_id=order), "b", now)
    assert answer.body.get("reason") == reason


def test_a_coupons_own_hold_is_no_other_one(two):
    desk, _ = two
    desk.open(campaign(10**6, coupons=1, per_user=1, per_user_day=1), [SOHO, BUND], PLANNED)
    desk.issue("c", [decision("ann")], PLANNED)
    code = code_of(desk)
    assert desk.hold(code, ask(), "h", AT).ok
    assert desk.hold(code, ask(), "h again", AT).ok
    assert desk.redeem(code, ask(), "r", AT).ok


@pytest.mark.parametrize(("now", "reason"), [(AT, "limit_reached"), (OVER, None)])
def test_a_hold_that_ran_out_is_no_use_of_the_user(two, now, reason):
    desk, _ = two
    desk.open(campaign(10**6, per_user_day=9), [SOHO, BUND], PLANNED)
    desk.issue("c", [decision("ann", DAY - n * timedelta(1)) for n in range(2)], PLANNED)
    desk.open(campaign(10**6, per_user_day=9, per_user=1), [SOHO, BUND], PLANNED)
    first, second = (offer.coupon_code for offer in desk.wallet("ann", PLANNED))
    assert desk.hold(first, ask(), "h", AT).ok
    assert desk.redeem(second, ask(order_id="o2"), "r", now).body.get("reason") == reason


def test_beside_a_code_that_nobody_knows_no_cap_is_no_budget(two):
    desk, issued = two
    acts = [Act("redeem", code, ask(order_id=f"o{n}"), f"k{n}", AT) for n, code in enumerate((*issued(), "NONSENSE"))]
    answers = till.carry_out(desk.journal, acts, None)
    assert [answer.body.get("reason") for answer in answers] == [None, None, "unknown_coupon"]


def test_in_a_group_a_coupon_that_went_to_another_order_is_no_mate_of_the_first(two):
    desk, issued = two
    ann, bob = issued()
    assert desk.hold(ann, ask(), "h1", AT).ok
    moves = [("release", ann, "o1"), ("hold", ann, "o2"), ("redeem", bob, "o1")]
    acts = [Act(kind, code, ask(order_id=order), f"g{n}", AT) for n, (kind, code, order) in enumerate(moves)]
    assert [answer.body.get("reason") for answer in till.carry_out(desk.journal, acts, None)] == [None, None, None]
