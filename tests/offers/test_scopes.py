"""Budgets below and above a campaign on a real desk: each scope stops at its own grant, at issue and at the till."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from offers.answers import Ask
from offers.book import Account, Facts, Line
from offers.campaign import Budget
from offers.chain import CHAIN
from offers.database import LedgerError
from offers.desk import open_desk
from offers.journal import read_account, read_heads
from offers.loaded import Loaded
from offers.loading import load
from offers.means import read_user_limits
from offers.opening import open_chain, release_reserve
from offers.promising import Promising
from offers.scopes import issue_purses, scope_purse
from offers.status import Purse, purses
from offers.tables import accounts, coupons, entries, sums
from offers.verify import verify
from offers.writing import add_sums, insert_all, move_coupons
from tests.offers.desk_world import AT, COUPON, DAY, FROM, PLANNED, SOHO, UNTIL, ask, campaign, decision

BUND = replace(SOHO, store_id="bund")
NEXT = timedelta(days=1)


@pytest.fixture
def desk(sqlite_url):
    desk = open_desk(sqlite_url)
    yield desk
    assert verify(desk.journal) == []
    desk.journal.close()


def opened(desk, n=6, *, reserve=0.0, expected=1, users=None, store="soho", **budget):
    """A campaign under these budgets, a coupon of 100 cents each for u0, u1, ...; their codes."""
    made = replace_budget(
        campaign(reserve=reserve, per_user_day=9), reserve_share=reserve, **{"granted_cents": 10**6, **budget}
    )
    desk.open(made, [SOHO, BUND], PLANNED)
    names = users or [f"u{k}" for k in range(n)]
    for place, name in enumerate(names):
        one = decision(name, DAY + timedelta(days=place), expected_cents=expected, store_id=store)
        desk.issue("c", [one], PLANNED)
    return codes(desk)


def replace_budget(made, **budget):
    return msgspec.structs.replace(made, budget=Budget(**{**msgspec.structs.asdict(made.budget), **budget}))


def codes(desk):
    with desk.journal.read() as connection:
        return connection.execute(sa.select(coupons.c.code).order_by(coupons.c.seq)).scalars().all()


def redeemed(desk, found, **changes):
    """How many are paid, and the refusals' details."""
    answers = [desk.redeem(code, ask(order_id=f"o{code}", **changes), f"k{code}", AT) for code in found]
    return sum(answer.ok for answer in answers), {answer.body.get("detail") for answer in answers if not answer.ok}


@pytest.mark.parametrize(
    ("budget", "scope"),
    [({"per_store_cents": 250}, "store"), ({"per_day_cents": 299}, "day"), ({"granted_cents": 250}, "campaign")],
)
def test_each_scope_stops_at_its_grant(desk, budget, scope):
    paid, refused = redeemed(desk, opened(desk, **budget))
    assert paid == 2
    assert all(detail.endswith(f"left in the budget of the {scope}") for detail in refused)


def test_a_user_stops_at_their_own_grant_and_others_go_on(desk):
    found = opened(desk, users=["ann", "ann", "ann", "bob"], per_user_cents=250)
    paid, refused = redeemed(desk, found)
    assert (paid, refused) == (3, {"50 cents are left in the budget of the user"})


def test_another_store_and_another_day_have_money_of_their_own(desk):
    found = opened(desk, 2, per_store_cents=100, per_day_cents=200)
    more = [decision(name, store_id="bund", expected_cents=1) for name in ("x", "y")]
    later = {"valid_from": FROM + NEXT, "valid_until": UNTIL + NEXT}
    more.append(decision("z", store_id="soho", expected_cents=1, **later))
    desk.issue("c", more, PLANNED)
    assert redeemed(desk, found)[0] == 1
    *theirs, late = codes(desk)[2:]
    assert redeemed(desk, theirs, store_id="bund")[0] == 1
    # The store's money is gone on every day.
    assert redeemed(desk, [late], till_time=AT + NEXT) == (0, {"0 cents are left in the budget of the store"})


def test_holds_count_in_every_scope_and_the_own_hold_only_once(desk):
    first, second, *_ = opened(desk, 2, per_store_cents=150, per_day_cents=150, per_user_cents=150)
    assert desk.hold(first, ask(order_id="a"), "h1", AT).ok
    assert not desk.hold(second, ask(order_id="b"), "h2", AT).ok
    assert desk.redeem(first, ask(order_id="a"), "r1", AT).ok
    assert not desk.redeem(second, ask(order_id="b"), "r2", AT).ok


def test_a_hold_that_ran_out_frees_its_scope(desk):
    first, second, *_ = opened(desk, 2, per_store_cents=100)
    assert desk.hold(first, ask(order_id="a"), "h1", AT).ok
    assert desk.redeem(second, ask(order_id="b"), "r", AT + timedelta(seconds=300)).ok


def test_what_comes_back_can_be_spent_again_in_its_scope(desk):
    first, second, *_ = opened(desk, 2, per_store_cents=100, per_day_cents=100, per_user_cents=100)
    three = (Line("latte", 2, 450),)
    assert desk.redeem(first, ask(order_id="a", lines=three), "r1", AT).ok
    assert desk.reverse(first, Ask(order_id="a", lines=(Line("latte"),)), "v1", AT).body["discount_cents"] == 50
    refused = desk.redeem(second, ask(order_id="b"), "r2", AT)
    assert refused.body["detail"] == "50 cents are left in the budget of the store"
    assert desk.reverse(first, Ask(order_id="a"), "v2", AT).ok
    assert desk.redeem(second, ask(order_id="b"), "r3", AT).ok


def test_promises_stop_at_each_scope_less_its_reserve(desk):
    opened(desk, 6, reserve=0.15, expected=40, per_store_cents=200)
    # 200 less 30: four promises of 40.
    found = desk.campaign("c", PLANNED)
    # Each day of theirs is another person's here, and the most on one date is all that is sure.
    assert (found["n_issued"], found["n_decided"], found["n_people"]) == (4, 6, 1)
    assert desk.issue("c", [decision("x", store_id="bund", expected_cents=40)], PLANNED).n_issued == 1


@pytest.mark.parametrize(("scope", "n"), [("per_user_cents", 2), ("per_day_cents", 2)])
def test_promises_by_user_and_day_in_one_batch(desk, scope, n):
    made = replace_budget(campaign(per_user_day=9), granted_cents=10**6, reserve_share=0.0, **{scope: 100})
    desk.open(made, [SOHO], PLANNED)
    user = "ann" if scope == "per_user_cents" else "u{}"
    batch = [decision(user.format(k), DAY + timedelta(days=k), expected_cents=50) for k in range(3)]
    assert desk.issue("c", batch, PLANNED).n_issued == n


def test_the_chain_caps_all_campaigns_together(desk):
    opened(desk, 4)
    other = campaign(10**6, reserve=0, per_user_day=9)
    desk.open(msgspec.structs.replace(other, id="d"), [SOHO], PLANNED, chain_cents=250)
    desk.issue("d", [decision("v0", expected_cents=1)], PLANNED)
    *mine, theirs = codes(desk)
    assert redeemed(desk, [mine[0], theirs])[0] == 2
    assert redeemed(desk, mine[1:]) == (0, {"50 cents are left in the budget of the chain"})
    # The cap keeps the usual share back from new coupons, too: 250 less 38 less 200 spent.
    assert desk.issue("d", [decision("v1", DAY + NEXT, expected_cents=13)], PLANNED).refused == {"budget_exhausted": 1}
    desk.open(campaign(10**6), [SOHO], PLANNED, chain_cents=0)
    assert desk.redeem(mine[3], ask(order_id="new"), "another key", AT).ok


def test_a_cap_that_stays_is_no_entry(desk):
    for _ in range(2):
        with desk.journal.write() as connection:
            open_chain(connection, 700, PLANNED)
    with desk.journal.read() as connection:
        kinds = connection.execute(sa.select(entries.c.kind).where(entries.c.campaign_id == CHAIN)).scalars().all()
        assert sorted(kinds) == ["grant", "terms"]


def test_an_operator_releases_the_reserve_and_the_journal_says_why(desk):
    desk.open(campaign(1000), [SOHO], PLANNED)
    assert desk.release_reserve("c", 100, "olga", "rain today", AT) == 50
    assert desk.campaign("c", AT)["reserve_cents"] == 50
    with pytest.raises(LedgerError, match="50 are kept back"):
        desk.release_reserve("c", 51, "olga", "greed", AT)
    with pytest.raises(LedgerError, match="no account"), desk.journal.write() as connection:
        release_reserve(connection, "nobody", 1, "olga", "", AT)
    with desk.journal.read() as connection:
        row = connection.execute(sa.select(entries).where(entries.c.kind == "unreserve")).one()
    assert (row.amount_cents, row.actor, row.detail) == (100, "olga", '{"why":"rain today"}')
    # The file's reserve doesn't come back when the campaign is opened again.
    desk.open(campaign(1000), [SOHO], PLANNED)
    assert desk.campaign("c", AT)["reserve_cents"] == 50


def test_honour_overspends_as_far_as_stated_and_says_so(desk):
    found = opened(desk, 4, granted_cents=150, policy="honour", overspend_cents=200)
    held = found.pop()
    assert desk.hold(held, ask(order_id="held"), "held", AT).ok
    assert redeemed(desk, found) == (2, {"50 cents are left in the budget of the campaign"})
    told = desk.campaign("c", AT)
    assert (told["overspend_cents"], told["overspent_cents"], told["overpaid_cents"]) == (200, 150, 0)
    with desk.journal.read() as connection:
        assert purses(connection, AT) == [Purse("c", 150, 200, 100, 50, stopped=False)]
    assert desk.settle([(found[0], ask(order_id="a second"))], AT)[0].body["kind"] == "overpay"
    assert desk.campaign("c", AT)["overpaid_cents"] == 100


@pytest.mark.parametrize(("limit", "paid"), [({"per_user": 2}, 2), ({"coupons": 3}, 3)])
def test_limits_over_all_days(desk, limit, paid):
    made = campaign(10**6, reserve=0, per_user_day=9)
    desk.open(made, [SOHO], PLANNED)
    for k in range(4):
        desk.issue("c", [decision("ann", DAY + timedelta(days=k), expected_cents=1)], PLANNED)
    desk.open(campaign(10**6, reserve=0, per_user_day=9, **limit), [SOHO], PLANNED)
    found = codes(desk)
    assert redeemed(desk, found)[0] == paid
    assert desk.reverse(found[0], Ask(order_id=f"o{found[0]}"), "v", AT).ok
    assert desk.redeem(found[3], ask(order_id="again"), "again", AT).ok


@pytest.mark.parametrize(
    ("limits", "before", "n"),
    [
        ({"coupons": 1}, "issued", 1),  # an open coupon is no used one
        ({"coupons": 1}, "held", 0),
        ({"coupons": 2}, "held", 1),
        ({"coupons": 1}, "redeemed", 0),
        ({"per_user": 1}, "issued", 0),
        ({"per_user": 1}, "released", 1),  # withdrawn: it may be given again
        ({"per_user": 2}, "issued", 1),
        ({"per_user": 3}, "issued", 2),
        ({"per_user_day": 2}, "issued", 1),
        ({"per_user_day": 3}, "issued", 2),
    ],
)
def test_what_counts_against_the_limits_of_new_coupons(desk, limits, before, n):
    desk.open(campaign(10**6, reserve=0, **{"per_user_day": 9, **limits}), [SOHO], PLANNED)
    assert desk.issue("c", [decision("ann", expected_cents=1)], PLANNED).n_issued == 1
    offer = desk.wallet("ann", PLANNED)[0]
    if before in ("held", "redeemed"):
        assert (desk.hold if before == "held" else desk.redeem)(offer.coupon_code, ask(), "k", AT).ok
    elif before == "released":
        assert desk.withdraw(offer.offer_id, "operator", AT).ok
    # Two more for the same window, planned on other days; who is another person has no such limit.
    batch = [decision("ann", DAY - k * NEXT, expected_cents=1) for k in (1, 2)]
    done = desk.issue("c", batch if "coupons" not in limits else batch[:1], AT)
    assert done.n_issued == n
    assert set(done.refused) <= {"limit_reached"}
    assert desk.issue("c", [decision("bob", expected_cents=1)], AT).n_issued == (n if "coupons" in limits else 1)


def test_what_is_left_to_a_user_for_new_coupons(desk):
    def opened_with(per_user=None, **budget):
        made = campaign(reserve=0.1, per_user_day=9, per_user=per_user)
        made = replace_budget(made, granted_cents=10**6, reserve_share=0.1, **budget)
        desk.open(made, [SOHO], PLANNED)
        return made

    def left(made):
        with desk.journal.read() as connection:
            return read_user_limits(connection, made, ["ann", "bob"], AT)

    opened_with()
    desk.issue("c", [decision("ann", DAY - k * NEXT) for k in range(3)], PLANNED)
    paid, held, _ = codes(desk)
    assert desk.redeem(paid, ask(order_id="o1"), "r", AT).ok
    assert desk.hold(held, ask(order_id="o2"), "h", AT).ok
    # Of 400 a tenth is kept back; 100 are spent, 100 held, 20 promised.
    assert left(opened_with(per_user_cents=400)) == {"ann": 140, "bob": 360}
    assert left(opened_with(per_user_cents=220)) == {"ann": 0, "bob": 198}
    assert left(opened_with(per_user=4)) == {}
    assert left(opened_with(per_user=3)) == {"ann": 0}
    assert left(opened_with(per_user=4, per_user_cents=400)) == {"ann": 140, "bob": 360}
    assert left(opened_with(per_user=3, per_user_cents=400)) == {"ann": 0, "bob": 360}
    assert left(opened_with()) == {}


# -- the pieces


def test_a_scopes_reserve_is_its_campaigns_share():
    account = Account("c", granted_cents=1000, reserve_cents=150, overspend_cents=7)
    purse = scope_purse("store", 333, account, 1, 2, 3)
    assert (purse.reserve_cents, purse.overspend_cents) == (50, 7)
    assert scope_purse("day", 333, replace(account, granted_cents=0), 0, 0).reserve_cents == 0


def test_loading_an_unknown_code_takes_the_chains_account(desk):
    found = opened(desk, 1)
    with desk.journal.write() as connection:
        assert set(load(connection, set(found), set(), AT, lock=True).heads) == {"c"}
        loaded = load(connection, {*found, "NONSENSE"}, set(), AT, lock=True)
        assert set(loaded.heads) == {"c", CHAIN}
        assert loaded.find("NONSENSE") is loaded.find(None) is None
        assert isinstance(loaded, Loaded)


def test_purses_at_issue_read_what_is_open(desk):
    first, *_ = opened(desk, 2, expected=40, per_store_cents=1000, per_user_cents=1000, per_day_cents=1000)
    desk.hold(first, ask(), "h", AT)
    with desk.journal.read() as connection:
        heads = read_heads(connection, ["c"], lock=False)
        found = issue_purses(connection, heads["c"], {"u0", "u1"}, AT, {})
        book = Promising(connection, heads, "c", {"u0"}, AT).book(COUPON, DAY.isoformat(), SOHO)
    assert (found["store", "soho"].held_cents, found["store", "soho"].promised_cents) == (100, 40)
    assert (found["user", "u0"].held_cents, found["user", "u1"].promised_cents) == (100, 40)
    assert {purse.scope for purse in book.purses} == {"store", "user", "day"}
    assert isinstance(book.facts, Facts)


def test_sums_are_made_and_added_to(desk):
    with desk.journal.write() as connection:
        insert_all(connection, sums=[{"campaign_id": CHAIN, "scope": "x", "key": "a", "spent_cents": 1}], entries=[])
        add_sums(connection, {(CHAIN, "x", "a"): 2, (CHAIN, "x", "b"): 3, (CHAIN, "x", "c"): 0})
        rows = connection.execute(sa.select(sums.c.key, sums.c.spent_cents).order_by(sums.c.key)).all()
        assert [tuple(row) for row in rows] == [("a", 3), ("b", 3)]
        connection.execute(sa.delete(sums))


def test_a_coupon_that_isnt_where_it_was_seen_is_not_moved(desk):
    opened(desk, 1)
    with pytest.raises(LedgerError, match="moved under a lock"), desk.journal.write() as connection:
        move_coupons(connection, [(COUPON, replace(COUPON, state="released"))])


def test_an_account_is_read_with_what_the_file_says(desk):
    opened(desk, 0, per_store_cents=5, policy="honour", overspend_cents=3)
    with desk.journal.read() as connection:
        head = read_account(connection, "c", lock=False)
        assert dict(head.scopes) == {"store": 5}
        assert head.account.overspend_cents == 3
        assert (
            connection.execute(sa.select(accounts.c.per_user_cents).where(accounts.c.campaign_id == "c")).scalar()
            is None
        )
