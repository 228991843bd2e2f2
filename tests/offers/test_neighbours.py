"""What another campaign, another store and other people have changes nothing here, and is changed by nothing here.

One day of campaign `c` is told twice: on a desk of its own, and on one full of what is none of its business.
"""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace as changed

from offers.answers import Answer
from offers.assigned import Given, assigned, given, logged, n_erased
from offers.campaign import Budget
from offers.codes import canonical
from offers.desk import Desk
from offers.drafts import Issued
from offers.erasing import ERASED, make_nobodys, withdraw_open
from offers.journal import Journal
from offers.leases import close, give, note_paid, open_cents
from offers.pacing import waiting
from offers.persons import Persons
from offers.sending import Sending
from offers.status import purses
from offers.tables import metadata
from offers.verify import verify
from tests.offers.desk_world import (
    AT,
    DAY,
    PLANNED,
    SEND,
    SOHO,
    TICK,
    UNTIL,
    ask,
    campaign,
    code_of,
    decision,
    neighbours,
)

NEXT = timedelta(days=1)
BUDGET = Budget(granted_cents=1000, reserve_share=0.05, per_store_cents=350, per_user_cents=200, per_day_cents=350)
TERMS = changed(campaign(per_user_day=2, per_user=2, coupons=4), budget=BUDGET)


def brief(answer: Answer):
    """What an answer says of money, without the names that are drawn."""
    told = answer.body
    return answer.ok, told.get("kind"), told.get("reason"), told.get("detail"), told.get("discount_cents")


def standing(desk, now=AT):
    """All that can be asked of campaign `c` and of soho."""
    with desk.journal.read() as connection:
        yield [purse for purse in purses(connection, now) if purse.campaign_id == "c"]
        yield sorted((who.user_id, who.held, who.start) for who in assigned(connection, "c", AT + NEXT))
        yield [(row.user_id, row.for_date, row.sent_arm) for row in logged(connection, "c", AT + NEXT)]
        yield n_erased(connection, "c"), given(connection, "c", AT + NEXT), open_cents(connection, "soho", now)
    yield desk.campaign("c", now), desk.decided("c", DAY), waiting(desk.journal, "c", DAY, Persons())
    for user in ("ann", "bob", "cat", "eve"):
        made = desk.decision("c", DAY, user)
        yield made and (made["reason"], made["sent_arm"], made["holdout"], made["again"])
        yield [(one.product_id, one.state) for one in desk.wallet(user, now) if one.campaign_id == "c"]


def day(desk):
    """From opening to erasing, and what everybody is told on the way."""
    desk.open(TERMS, [SOHO], PLANNED)
    out = replace(decision("dan"), sent_arm=0, holdout=True, reason="holdout", propensity=0.05, terms=None)
    poor = replace(decision("eve"), planned_arm=0, sent_arm=0, reason="budget", terms=None)
    yield desk.issue("c", [*map(decision, ("ann", "bob", "cat")), out, poor], PLANNED)
    yield desk.issue("c", [decision("ann", DAY + NEXT), decision("bob")], PLANNED)
    yield desk.issue("c", [decision("ann", DAY + 2 * NEXT), decision("bob", DAY + NEXT)], PLANNED)
    yield from standing(desk, PLANNED)
    codes = {user: code_of(desk, user) for user in ("ann", "bob", "cat")}
    second = desk.wallet("ann", PLANNED)[1].coupon_code
    page = desk.due(SEND, SEND + TICK, 99, None, SEND, "push")
    mine = [offer for offer in page.offers if offer.campaign_id == "c"]
    yield [offer.user_id for offer in mine]
    yield [desk.acknowledge(mine[0].offer_id, what, SEND) for what in ("failed", "delivered")]
    yield brief(desk.hold(codes["bob"], ask(order_id="b"), "b1", AT))
    yield from standing(desk)
    yield brief(desk.redeem(codes["ann"], ask(order_id="a"), "a1", AT))
    yield brief(desk.redeem(codes["bob"], ask(order_id="b"), "b2", AT))
    yield from map(brief, desk.settle([(canonical(codes["bob"]), ask(order_id="b second"))], AT))
    yield from (brief(desk.validate(codes[user], ask(order_id="v"), AT)) for user in codes)
    yield from standing(desk)
    yield brief(desk.hold(codes["cat"], ask(order_id="c"), "c1", AT))
    yield brief(desk.redeem(second, ask(order_id="a second"), "a2", AT))
    yield brief(desk.release(codes["cat"], ask(order_id="c"), "c2", AT))
    yield brief(desk.reverse(codes["ann"], ask(order_id="a", lines=None), "a3", AT))
    yield brief(desk.redeem(second, ask(order_id="a third"), "a4", AT))
    yield brief(desk.redeem(codes["cat"], ask(order_id="c"), "c3", AT))
    later = {"valid_from": AT + NEXT, "valid_until": UNTIL + NEXT, "expected_cents": 3}
    yield desk.issue("c", [decision("fay", **later), replace(decision("eve", **later), again=1)], PLANNED)
    with desk.journal.write() as connection:
        give(connection, "l1", "soho", "t1", 300, 600, AT)
        give(connection, "l2", "soho", "t2", 300, 600, AT)
        note_paid(connection, "l1", "soho", 50)
        close(connection, "l1", "soho", "t1", AT)
    yield desk.release_reserve("c", 10, "olga", "rain", AT)
    yield from standing(desk)
    yield withdraw_open(desk.journal, ["fay"], ERASED, AT)
    with desk.journal.write() as connection:
        yield make_nobodys(connection, ["eve", "fay", "cat"])
    yield from standing(desk)
    desk.mark_sent([number for number, event in desk.pending_events(99) if event["user_id"] == "ann"], AT)
    yield [(event["user_id"], event["event_type"]) for _, event in desk.pending_events(99)][-2:]


def rows(desk):
    """Every row by its table and key."""
    with desk.journal.read() as connection:
        return {
            (table.name, *(row[column.name] for column in table.primary_key)): dict(row)
            for table in metadata.sorted_tables
            for row in connection.execute(sa.select(table)).mappings()
        }


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def desk(request):
    made = Desk(Journal(request.getfixturevalue(request.param)), sending=Sending(300, per_day=0, gap_s=0))
    yield made
    assert verify(made.journal) == []
    made.journal.close()


def test_a_day_is_the_same_among_neighbours(desk, tmp_path, migrated_file):
    file = shutil.copy(migrated_file, tmp_path / "alone.db")
    alone = Desk(Journal(f"sqlite:///{file}"), sending=Sending(300, per_day=0, gap_s=0))
    told = list(day(alone))
    alone.journal.close()
    said = [one for one in told if isinstance(one, tuple) and len(one) == 5]
    assert {kind for _, kind, *_ in said} == {"hold", "redeem", "overpay", "quote", "release", "reverse", None}
    assert (False, None, "budget_exhausted", "50 cents are left in the budget of the store", None) in said
    assert [one for one in told if isinstance(one, Issued)][-1] == Issued(2, 2)
    # Of who was erased no list says anything: four decisions were theirs, and one of the redemptions.
    at = max(n for n, one in enumerate(told) if isinstance(one, tuple) and isinstance(one[1], Given))
    sides, last, (n_nobodys, money, _) = told[at - 2 : at + 1]
    assert {user for user, *_ in sides} == {user for user, *_ in last} == {"ann", "bob", "dan"}
    assert [(user, moves.split()[1::3]) for user, moves in money.redeemers] == [
        ("ann", ["redeem", "reverse", "redeem"]),
        ("bob", ["redeem"]),
    ]
    assert (n_nobodys, money.cents, money.n_redeemed) == (4, 300, 4)
    neighbours(desk)
    before = rows(desk)
    for here, there in zip(day(desk), told, strict=True):
        assert here == there
    after = rows(desk)
    theirs = {key: row for key, row in before.items() if key[0] not in ("counters", "accounts") or "b" in key}
    assert {key: after.get(key) for key in theirs} == theirs
