"""What becomes of an offer as an answer: when it is one, what it says, and every reason why it is none."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.answered_offers import LEFT_OUT, AnsweredOffer, answered_offers
from offers.book import Line
from offers.desk import open_desk
from offers.drafts import Arm
from offers.tables import coupons, decisions
from tests.offers.desk_world import (
    AT,
    DAY,
    FORETOLD,
    FROM,
    LATTE,
    OVER,
    PLANNED,
    SOHO,
    TICK,
    UNTIL,
    ask,
    campaign,
    code_of,
    offered,
)

LATER = OVER + timedelta(days=30)


def opened(url, *made, stores=(SOHO,)):
    desk = open_desk(url)
    desk.open(campaign(100_000, reserve=0), list(stores), PLANNED)
    desk.issue("c", made, PLANNED)
    return desk


@pytest.fixture
def desk(sqlite_url):
    desk = opened(sqlite_url, offered("ann"))
    yield desk
    desk.journal.close()


def told(desk, now=OVER):
    left_out = Counter()
    with desk.journal.read() as connection:
        return list(answered_offers(connection, now, left_out)), dict(left_out)


def why(desk, now=OVER):
    found, left_out = told(desk, now)
    assert not found
    (reason,) = left_out
    assert reason in LEFT_OUT
    return reason


def answer(desk, now=OVER):
    (found,), left_out = told(desk, now)
    assert not left_out
    return found


def redeem(desk, at=AT, order="o1", lines=LATTE, user="ann"):
    return desk.redeem(code_of(desk, user), ask(order_id=order, till_time=at, lines=lines), f"r-{order}", at)


def test_an_offer_nobody_used_is_an_answer_once_its_day_is_over(desk):
    assert why(desk, OVER - TICK) == "open"
    assert answer(desk, OVER) == AnsweredOffer("ann", "latte", DAY, 8, 0.2, 0.1, 0.3, 0.4, False, None, OVER)
    assert answer(desk, LATER) == answer(desk, OVER)


def test_day_and_hour_are_the_stores(sqlite_url):
    bund = replace(SOHO, store_id="bund", timezone="Asia/Shanghai")
    # 22:30 in Shanghai is 14:30 UTC, and its midnight is 16:00.
    late = {"store_id": "bund", "valid_from": FROM + timedelta(minutes=90), "valid_until": UNTIL}
    desk = opened(sqlite_url, offered("ann", **late), stores=[SOHO, replace(bund, opens=0, closes=0)])
    over = FROM.replace(hour=16)
    assert why(desk, over - TICK) == "open"
    assert (answer(desk, over).hour, answer(desk, over).answered_at) == (22, over)
    desk.journal.close()


def test_a_window_past_midnight_is_waited_for(sqlite_url):
    until = OVER + timedelta(hours=1)
    night = replace(SOHO, opens=0, closes=0)
    desk = opened(sqlite_url, offered("ann", valid_from=OVER - timedelta(hours=1), valid_until=until), stores=[night])
    assert why(desk, until - TICK) == "open"
    found = answer(desk, until)
    assert (found.day, found.hour, found.answered_at) == (DAY, 23, until)
    desk.journal.close()


def test_used_is_bought_and_given_back_as_a_whole_is_not_from_then_on(desk):
    assert redeem(desk, lines=(Line("latte", 2),)).ok
    assert (answer(desk).redeemed, answer(desk).reversed_at) == (True, None)
    back = OVER + timedelta(days=3)
    for n, moment in enumerate((OVER, back)):
        given = ask(order_id="o1", lines=(Line("latte", 1),), till_time=moment)
        assert desk.reverse(code_of_used(desk), given, f"b-{n}", moment).ok
        assert answer(desk, LATER).redeemed
        assert answer(desk, LATER).reversed_at == (back if n else None), "a part of it came back: it was bought"


def code_of_used(desk):
    with desk.journal.read() as connection:
        return connection.execute(sa.select(coupons.c.code).where(coupons.c.user_id == "ann")).scalar_one()


def test_a_till_may_pay_after_the_day_what_it_holds(desk):
    """A token for tills without network keeps a coupon open until they must have settled, a day after the window."""
    desk.token(code_of(desk), ask(till_time=None, order_id=None, lines=None), "t", FROM)
    settled = UNTIL + timedelta(days=1)
    assert why(desk, settled - TICK) == "open"
    assert answer(desk, settled).answered_at == settled
    desk.settle([(code_of_used(desk), ask(actor="till", till_time=AT))], settled)
    assert answer(desk, settled).redeemed, "what a till settles late was bought when its till says"
    assert answer(desk, settled).answered_at == OVER


def test_of_a_hold_that_was_let_go_nothing_is_left(desk):
    desk.hold(code_of(desk), ask(), "h", AT)
    desk.release(code_of(desk), ask(lines=None), "l", AT + TICK)
    assert not answer(desk).redeemed


@pytest.mark.parametrize(("at", "reason"), [(UNTIL - TICK, "withdrawn"), (UNTIL, None)])
def test_withdrawn_within_its_window_is_no_answer_and_swept_after_it_is(desk, at, reason):
    offer = desk.wallet("ann", PLANNED)[0]
    assert desk.withdraw(offer.offer_id, "system", at).ok
    assert why(desk) == reason if reason else not answer(desk).redeemed


@pytest.mark.parametrize(
    ("own", "other", "reason"),
    [
        (None, None, None),
        ("delivered", None, None),
        ("failed", None, "not_delivered"),
        (None, "delivered", "not_delivered"),
        (None, "failed", "not_delivered"),
    ],
)
def test_what_never_reached_its_user_is_no_answer(sqlite_url, own, other, reason):
    """Where nobody tells of deliveries at all, the wallet is what users see; another day's deliveries tell nothing."""
    tomorrow = {"valid_from": FROM + timedelta(days=1), "valid_until": UNTIL + timedelta(days=1)}
    desk = opened(sqlite_url, offered("ann"), offered("bob"), offered("cat", DAY + timedelta(days=1), **tomorrow))
    for user, outcome in (("ann", own), ("bob", other), ("cat", "delivered")):
        if outcome:
            desk.acknowledge(desk.wallet(user, PLANNED)[0].offer_id, outcome, PLANNED)
    found, left_out = told(desk)
    assert ("ann" in {row.user_id for row in found}) == (reason is None)
    assert left_out.get("not_delivered", 0) == sum(
        x == "failed" or (not x and bool(own or other)) for x in (own, other)
    )
    desk.journal.close()


def test_a_till_that_said_no_leaves_no_answer_unless_it_said_yes_after(desk):
    assert not redeem(desk, order="o0", lines=(Line("bagel"),)).ok
    assert why(desk) == "refused"
    assert redeem(desk).ok
    assert answer(desk).redeemed


def test_an_app_that_asked_for_its_token_too_early_was_no_till(desk):
    assert not desk.token(code_of(desk), ask(till_time=None, order_id=None), "t", PLANNED).ok
    assert not answer(desk).redeemed


def test_paid_against_the_rules_is_no_answer(desk):
    """Settled after the campaign was stopped: the till had paid, no budget owed it, and it came back later."""
    code = code_of(desk)
    desk.token(code, ask(till_time=None, order_id=None, lines=None), "t", FROM)
    assert desk.withdraw(desk.wallet("ann", PLANNED)[0].offer_id, "system", UNTIL + timedelta(days=2)).ok
    assert desk.settle([(code, ask(actor="till"))], UNTIL + timedelta(days=2))[0].body["reason"]
    assert why(desk, LATER) == "overpaid"
    assert desk.reverse(code, ask(order_id="o1", lines=None, till_time=None), "b", LATER).ok
    assert why(desk, LATER) == "overpaid"


@pytest.mark.parametrize(
    "arm",
    [
        Arm("latte", 90, 0.2, 5.0, 20.0),
        replace(FORETOLD, fit=0.0),
        replace(FORETOLD, p_come=1.5),
        replace(FORETOLD, discount_cents=451),
    ],
)
def test_a_record_that_foretold_nothing_is_no_answer(sqlite_url, arm):
    desk = opened(sqlite_url, offered("ann", arm=arm))
    assert why(desk) == "not_foretold"
    desk.journal.close()


@pytest.mark.parametrize("table", [coupons, decisions])
def test_an_erased_user_answers_nothing(desk, table):
    with desk.journal.write() as connection:
        connection.execute(sa.update(table).values(user_id=None))
    assert why(desk) == "erased"


def test_five_values_of_an_older_version_are_read(desk):
    with desk.journal.write() as connection:
        old = '[[null, 0, 0.0, 0.0, 0.0], ["latte", 100, 0.2, 5.0, 20.0]]'
        connection.execute(sa.update(decisions).values(arms=old))
    assert why(desk) == "not_foretold"


def test_only_what_was_sent_is_asked_about(sqlite_url):
    nothing = replace(offered("bob"), sent_arm=0, planned_arm=0, terms=None, reason="no_gain")
    held = replace(offered("cat"), sent_arm=0, terms=None, holdout=True, reason="holdout")
    desk = opened(sqlite_url, nothing, held, offered("ann"))
    assert answer(desk).user_id == "ann"
    # A second one for the same day the rules refused: nothing went out.
    desk.issue("c", [offered("ann", DAY + timedelta(days=1))], PLANNED)
    assert answer(desk).user_id == "ann"
    desk.journal.close()


def test_postgresql_says_the_same(postgres_url):
    desk = opened(postgres_url, *(offered(user) for user in ("ann", "bob", "cat")))
    assert redeem(desk).ok
    assert not redeem(desk, user="bob", order="o2", lines=(Line("bagel"),)).ok
    assert desk.reverse(code_of_used(desk), ask(lines=None, till_time=OVER), "b", OVER).ok
    found, left_out = told(desk, LATER)
    assert [(row.user_id, row.redeemed, row.reversed_at) for row in found] == [
        ("ann", True, OVER),
        ("cat", False, None),
    ]
    assert left_out == {"refused": 1}
    desk.journal.close()


def test_many_are_read_in_the_order_of_issue(sqlite_url):
    days = [DAY + timedelta(days=n) for n in range(3)]
    windows = [{"valid_from": FROM + (d - DAY), "valid_until": UNTIL + (d - DAY)} for d in days]
    made = [offered(user, day, **at) for day, at in zip(days, windows, strict=True) for user in ("ann", "bob")]
    desk = opened(sqlite_url, *made)
    found, left_out = told(desk, OVER + timedelta(days=1))
    assert [(row.day, row.user_id) for row in found] == [(day, user) for day in days[:2] for user in ("ann", "bob")]
    assert left_out == {"open": 2}
    desk.journal.close()
