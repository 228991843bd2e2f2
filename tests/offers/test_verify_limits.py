"""A writer whose rules are switched off leaves a whole chain of entries, and the replay still tells what no rule would allow."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from offers import ledger
from offers.answers import Ask
from offers.campaign import Budget
from offers.commands import Entry
from offers.desk import open_desk
from offers.replay_money import ReplayMoney
from offers.replay_taken import ReplayTaken
from offers.verify import verify
from tests.offers.desk_world import AT, COUPON, DAY, PLANNED, SOHO, ask, campaign, code_of, decision

USERS = ("ann", "ann", "bob", "cat")


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    yield desk
    desk.journal.close()


@pytest.fixture
def no_rules(monkeypatch):
    money = ("budget_exhausted", "limit_reached")
    kept = {kind: tuple(rule for rule in rules if rule.reason not in money) for kind, rules in ledger._GUARDING.items()}
    monkeypatch.setattr(ledger, "_GUARDING", kept)


def opened(desk, chain=None, limits=None, **budget):
    """Coupons of 100 cents: two of ann's, one of bob's and cat's each; then the limits. Codes in that order."""
    wide = campaign(10**6, reserve=0, per_user_day=9)
    desk.open(wide, [SOHO], PLANNED)
    for n, user in enumerate(USERS):
        desk.issue("c", [decision(user, DAY + timedelta(days=n))], PLANNED)
    told = Budget(**{"granted_cents": 10**6, "reserve_share": 0.0, **budget})
    tight = campaign(10**6, reserve=0, **{"per_user_day": 9, **(limits or {})})
    desk.open(msgspec.structs.replace(tight, budget=told), [SOHO], PLANNED, chain_cents=chain)
    ann = [offer.coupon_code for offer in desk.wallet("ann", PLANNED)]
    return [*ann, code_of(desk, "bob"), code_of(desk, "cat")]


def act(desk, kind, code, n, at=AT):
    return getattr(desk, kind)(code, ask(order_id=None if kind == "token" else f"o{n}"), f"k{n}", at).ok


SCOPES = [
    ({"granted_cents": 150}, "spent and held of 150 for the campaign"),
    ({"per_store_cents": 150}, "spent and held of 150 for the store"),
    ({"per_day_cents": 150}, "spent and held of 150 for the day"),
    ({"per_user_cents": 150}, "spent and held of 150 for the user"),
    ({"limits": {"per_user_day": 1}}, "used and held of 1 for the user and day"),
    ({"limits": {"per_user": 1}}, "used and held of 1 for the user"),
    ({"limits": {"coupons": 1}}, "used and held of 1 for the campaign"),
    ({"chain": 150}, "all campaigns: 200 cents spent and held of 150"),
    ({"granted_cents": 100, "policy": "honour", "overspend_cents": 50}, "spent and held of 150 for the campaign"),
]


@pytest.mark.parametrize("kind", ["hold", "redeem", "token"])
@pytest.mark.parametrize(("terms", "told"), SCOPES, ids=[told for _, told in SCOPES])
def test_what_is_taken_above_a_limit_is_told(desk, no_rules, terms, told, kind):
    first, second, *_ = opened(desk, **terms)
    assert act(desk, "redeem", first, 1)
    assert verify(desk.journal) == []
    assert act(desk, kind, second, 2)
    found = verify(desk.journal)
    assert len(found) == 1, found
    assert found[0].endswith(told)


def test_the_eyes_own_case(desk, no_rules):
    first, second, bob, _ = opened(desk, chain=150, per_user_cents=150)
    assert act(desk, "redeem", first, 1)
    assert act(desk, "redeem", second, 2)
    assert act(desk, "hold", bob, 3)
    user, chain = verify(desk.journal)
    assert user.endswith("200 cents spent and held of 150 for the user")
    assert chain == "all campaigns: 300 cents spent and held of 150"


EXACT = {"chain": 200, "granted_cents": 200, "per_store_cents": 200, "per_day_cents": 200, "per_user_cents": 200}


def test_the_last_cent_and_coupon_may_be_taken(desk):
    first, second, bob, _ = opened(desk, limits={"per_user_day": 2, "per_user": 2, "coupons": 2}, **EXACT)
    assert act(desk, "hold", first, 1)
    assert act(desk, "redeem", second, 2)
    assert not act(desk, "redeem", bob, 3)
    assert act(desk, "redeem", first, 1.5) is False
    assert desk.redeem(first, ask(order_id="o1"), "k4", AT).ok
    assert verify(desk.journal) == []


def test_a_hold_that_ran_out_and_what_came_back_take_nothing(desk):
    first, second, bob, cat = opened(desk, limits={"coupons": 2}, **EXACT)
    assert act(desk, "hold", first, 1)
    assert act(desk, "redeem", second, 2)
    late = AT + timedelta(seconds=300)
    assert act(desk, "redeem", bob, 3, late)
    assert desk.reverse(second, Ask(order_id="o2"), "back", late).ok
    assert act(desk, "hold", cat, 4, late)
    assert verify(desk.journal) == []


def test_a_limit_set_below_what_is_spent_accuses_nobody(desk):
    first, second, *_ = opened(desk)
    assert act(desk, "redeem", first, 1)
    assert act(desk, "redeem", second, 2)
    under = msgspec.structs.replace(
        campaign(10**6, reserve=0, per_user_day=1, per_user=1, coupons=1),
        budget=Budget(granted_cents=200, reserve_share=0.0, per_store_cents=1, per_user_cents=1, per_day_cents=1),
    )
    desk.open(under, [SOHO], AT, chain_cents=200)
    assert verify(desk.journal) == []


def test_an_erased_user_has_no_limit_that_is_known(desk, no_rules):
    first, second, *_ = opened(desk, per_user_cents=150)
    assert act(desk, "redeem", first, 1)
    assert act(desk, "redeem", second, 2)
    assert len(verify(desk.journal)) == 1
    with desk.journal.write() as connection:
        for table in ("coupons", "decisions"):
            connection.exec_driver_sql(f"UPDATE {table} SET user_id = NULL WHERE user_id = 'ann'")
    assert verify(desk.journal) == []


# -- the pieces


def test_an_entry_that_spends_what_isnt_there_is_told():
    money = ReplayMoney("c")
    money.take(Entry("grant", None, "c", None, None, 150, AT, AT), None)
    found = []
    for name in ("off_1", "off_2"):
        spends = Entry("redeem", name, "c", "o1", "soho", 100, AT, AT, day="2025-11-04", units=1)
        issued = replace(COUPON, offer_id=name)
        money.take(spends, None)
        found += [list(money.move(spends, issued, ledger.follow(issued, spends), None))]
    assert found == [[], ["200 cents spent and held of 150 for the campaign"]]
    assert money.granted_cents == 150


def test_a_slow_clock_brings_no_hold_back():
    taken, end = ReplayTaken(), AT + timedelta(seconds=300)
    held = replace(COUPON, state="held", held_until=end, used_day="2025-11-04")
    taken.move(held, held.used_day, AT)
    assert taken.taken() == [(None, 0), (end, 100)]
    taken.move(replace(held, offer_id="off_2", state="redeemed", units=1), held.used_day, end)
    taken.move(replace(held, offer_id="off_3", state="issued"), None, AT)
    assert taken.taken() == [(None, 100)]
