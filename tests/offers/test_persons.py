"""Limits are a person's: uses under any of their ids add up, a split counts apart again, the replay holds through both."""

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from offers import persons
from offers.campaign import Budget
from offers.candidates import Candidate
from offers.desk import Desk
from offers.journal import Journal
from offers.persons import Persons, names_of, spare
from offers.verify import verify
from people.evidence import link
from people.registry import rule, take
from people.tables import IDENTITIES
from tests.offers.desk_world import AT, PLANNED, SOHO, ask, campaign, code_of, decision
from tests.people.chain import ref

CARD = ref("card1")


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def desk(request):
    made = Desk(Journal(request.getfixturevalue(request.param)))
    yield made
    assert verify(made.journal) == []
    made.journal.close()


def opened(desk, **limits):
    desk.open(campaign(**limits), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", CARD, "bob")], PLANNED)
    return {user: code_of(desk, user) for user in ("ann", CARD, "bob")}


def linked(desk):
    with desk.journal.write() as connection:
        take(connection, [link("ann", CARD, "login", "s1", 1), link("ann", "ann", "login", "s1", 0)], "test", 1)
        return connection.exec_driver_sql(
            "SELECT number FROM identity_links WHERE left_number <> right_number"
        ).scalar()


def redeemed(desk, code, order):
    answer = desk.redeem(code, ask(order_id=order), f"key-{order}", AT)
    return answer.ok or answer.body["reason"]


@pytest.mark.parametrize("limit", [{"per_user": 1}, {"per_user_day": 1}])
def test_uses_under_several_ids_add_up(desk, limit):
    codes = opened(desk, **{"per_user_day": 9, **limit})
    number = linked(desk)
    assert redeemed(desk, codes[CARD], "o1") is True
    assert redeemed(desk, codes["ann"], "o2") == "limit_reached"
    assert redeemed(desk, codes["bob"], "o3") is True
    with desk.journal.write() as connection:
        rule(connection, number, "rejected", "ada", "her daughter's card", 2)
    # The refusal is the order's for good; another order is asked anew, by the id alone.
    assert redeemed(desk, codes["ann"], "o4") is True


def test_two_who_are_nobodys_ids_but_their_own_are_two(desk):
    codes = opened(desk, per_user=1)
    assert [redeemed(desk, codes[user], f"o-{n}") for n, user in enumerate(codes)] == [True, True, True]


def test_a_hold_of_the_other_id_counts_and_what_was_redeemed_stays(desk):
    codes = opened(desk, per_user=1)
    assert desk.hold(codes["ann"], ask(order_id="o1"), "h", AT).ok
    linked(desk)
    assert redeemed(desk, codes[CARD], "o2") == "limit_reached"
    assert redeemed(desk, codes["ann"], "o1") is True


def test_cents_of_a_user_are_the_persons(desk):
    budget = Budget(granted_cents=1000, reserve_share=0, per_user_cents=150)
    desk.open(replace(campaign(per_user_day=9), budget=budget), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", CARD)], PLANNED)
    codes = {user: code_of(desk, user) for user in ("ann", CARD)}
    linked(desk)
    assert redeemed(desk, codes["ann"], "o1") is True
    assert redeemed(desk, codes[CARD], "o2") == "budget_exhausted"


def test_who_was_forgotten_is_no_id_of_anybody(desk):
    opened(desk)
    linked(desk)
    with desk.journal.write() as connection:
        take(connection, [link("zoe", ref("card2"), "login", "s2", 1), link("zoe", "zoe", "login", "s2", 0)], "test", 2)
        both = {"ann": "ann", CARD: "ann"}
        assert names_of(connection, ["ann"]) == names_of(connection, [CARD]) == both
        assert names_of(connection, ["bob"]) == {}
    # A row stays without its reference, as an erasure leaves it.
    for gone, left in ((CARD, {"ann": "ann"}), ("ann", {})):
        with desk.journal.write() as connection:
            theirs = sa.update(IDENTITIES).where(IDENTITIES.c.reference == gone)
            connection.execute(theirs.values(reference=None))
            assert names_of(connection, ["ann", CARD]) == left
            connection.rollback()


@pytest.mark.parametrize("asked", [1, 2, 5000])
def test_ids_are_looked_up_however_few_at_once(desk, monkeypatch, asked):
    monkeypatch.setattr(persons, "_ASKED", asked)
    opened(desk)
    several = Persons({CARD: "ann", "bob": "ann", "never": "ann", "other": "cat"})
    people = [Candidate(name, "soho", AT, holdout=False) for name in ("ann", "cat", "dan")]
    with desk.journal.read() as connection:
        nobody, everybody = (spare(connection, people, several, share) for share in (0.0, 1.0))
    # Of ann's ids two were decided about beside her name, of cat's none.
    assert [(one.spared, one.n_draws) for one in nobody] == [(False, 3), (False, 1), (False, 1)]
    assert [(one.spared, one.n_draws) for one in everybody] == [(True, 3), (False, 1), (False, 1)]
