"""A plan is by person: one offer however many ids they have, limits and messages that add up, a holdout that lasts."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.campaign import Budget, Limits, Planning
from offers.chance import is_held_out
from offers.desk import Desk
from offers.journal import Journal
from offers.means import read_user_limits
from offers.messages import Messages
from offers.persons import Persons, is_spared, names_of
from offers.plan import plan
from offers.sending import Sending
from offers.tables import coupons, decisions
from offers.verify import verify
from people.evidence import link
from people.registry import rule, take
from tests.offers.desk_world import PLANNED, SEND, SOHO, decision
from tests.offers.desk_world import campaign as small
from tests.offers.plan_world import NOW, PEOPLE, TUESDAY, campaign, ranker, write

A, B = PEOPLE[0], PEOPLE[2]
WEDNESDAY = TUESDAY + timedelta(1)
BOTH = Persons({B: A})


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


@pytest.fixture
def desk(request):
    """Those who ask the database itself ask both kinds."""
    url = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    made = Desk(Journal(url), sending=Sending(gap_s=7200, per_day=2))
    yield made
    assert verify(made.journal) == []
    made.journal.close()


ON_BOTH = pytest.mark.parametrize("desk", ["sqlite_url", "postgres_url"], indirect=True)


def planned(settings, desk, persons=BOTH, day=TUESDAY, **changes):
    return plan(settings, ranker(), campaign(**changes), day, NOW, desk, persons=persons)


def linked(desk, one=A, other=B):
    """In the registry too, which says whose the limits are; the link's number."""
    with desk.journal.write() as connection:
        told = [link(one, one, "operator", "x", 0), link(one, other, "operator", "x", 1)]
        take(connection, told, "tests", 1)
        number = connection.exec_driver_sql(
            "SELECT number FROM identity_links WHERE left_number <> right_number"
        ).scalar()
        # Two ids of the merchant are one person's when somebody has said so.
        rule(connection, number, "accepted", "tests", "asked", 2)
    return number


def sent(desk, *users):
    return [len(desk.wallet(user, NOW)) for user in users]


@pytest.mark.parametrize("persons", [Persons(), BOTH])
def test_a_person_of_two_ids_gets_one_offer_under_their_name(settings, desk, persons):
    report = planned(settings, desk, persons)
    one = bool(persons.resolved)
    assert (report.n_considered, report.n_issued) == (10 - one, 8 - one)
    assert sent(desk, A, B) == [1, 0 if one else 1]
    assert (desk.decision("c", TUESDAY, B) is None) is one


def test_who_was_decided_under_another_id_is_left_alone_that_day_and_not_the_next(settings, desk):
    planned(settings, desk, Persons())
    again = planned(settings, desk)
    assert (again.n_considered, again.n_known, again.n_issued) == (0, 9, 0)
    # B alone had been planned, and is now A: nothing more is decided for that day.
    assert planned(settings, desk, Persons({A: "u99"}), WEDNESDAY).n_considered == 10
    assert sent(desk, A, "u99") == [1, 1]
    late = planned(settings, desk, Persons({"u99": A}), WEDNESDAY)
    assert (late.n_considered, late.n_known, sent(desk, A)) == (0, 10, [1])


def test_a_name_without_features_is_weighed_by_the_other_ids(settings, desk):
    planned(settings, desk, Persons({A: "new-account", B: "new-account"}))
    assert sent(desk, "new-account", A, B) == [1, 0, 0]
    wanted = desk.wallet("new-account", NOW)[0].product_id
    assert int(wanted[1:]) % 2 == 0


def shares(one, other):
    """A share under which the other is held out and the one is not; None where there is none."""
    tried = [n / 100 for n in range(1, 100)]
    return next((s for s in tried if is_held_out(other, s) and not is_held_out(one, s)), None)


def pair():
    """(name, other id, share) of two people of s0, the other held out by its own draw and the name not."""
    pairs = [(one, other) for one in PEOPLE[:8:2] for other in PEOPLE[:8:2] if one != other and shares(one, other)]
    one, other = pairs[0]
    return one, other, shares(one, other)


@pytest.mark.parametrize("decided", [False, True])
def test_who_was_held_out_stays_held_out_and_ids_nobody_decided_about_are_not_drawn(settings, desk, decided):
    name, other, share = pair()
    persons, made = Persons({other: name}), {"plan": Planning(n_products=5, holdout_share=share)}
    if decided:
        planned(settings, desk, Persons(), **made)
        assert desk.decision("c", TUESDAY, other)["holdout"]
    planned(settings, desk, persons, WEDNESDAY, **made)
    found = desk.decision("c", WEDNESDAY, name)
    # Which side a lift counts them on is their name's own draw.
    assert (found["holdout"], found["planned_arm"] > 0) == (False, True)
    if decided:
        assert (found["sent_arm"], found["reason"]) == (0, "holdout")
        assert found["propensity"] == pytest.approx(1 - (1 - share) ** 2)
    else:
        assert (found["sent_arm"] > 0, found["reason"]) == (True, None)
        assert found["propensity"] == pytest.approx(1 - share)
    assert sent(desk, name) == [1]
    # After a split each goes by its own draw again.
    planned(settings, desk, Persons(), WEDNESDAY + timedelta(1), **made)
    split = {who: desk.decision("c", WEDNESDAY + timedelta(1), who)["sent_arm"] > 0 for who in (name, other)}
    assert split == {name: True, other: False}


def test_who_is_drawn_by_name_is_held_out_whatever_the_others_drew(settings, desk):
    other, name, share = pair()
    planned(settings, desk, Persons({other: name}), plan=Planning(n_products=5, holdout_share=share))
    found = desk.decision("c", TUESDAY, name)
    assert (found["holdout"], found["sent_arm"], found["reason"]) == (True, 0, "holdout")


@pytest.mark.parametrize(
    ("names", "decided", "spared"),
    [
        (["ann", "card-1"], [], False),
        (["ann", "card-2"], [], False),  # its draw would hold it out, and nobody ever drew
        (["ann", "card-2"], ["card-2"], True),
        (["ann", "card-1"], ["ann", "card-1"], False),
        (["bob", "card-1"], ["card-1"], True),
        (["card-2"], [], True),
    ],
)
def test_the_rule_of_who_is_spared(names, decided, spared):
    assert is_spared(names, decided, {"bob", "card-2"}.__contains__) is spared


@pytest.mark.parametrize("merged", [False, True])
def test_what_another_id_was_issued_counts_against_the_persons_limits(settings, desk, merged):
    once, other = {"limits": Limits(per_user=1)}, "other-1"
    planned(settings, desk, Persons({A: other}), **once)
    assert sent(desk, other) == [1]
    if merged:
        linked(desk, A, other)
    planned(settings, desk, Persons({other: A} if merged else {}), WEDNESDAY, **once)
    found = desk.decision("c", WEDNESDAY, A)
    assert (found["sent_arm"] > 0, found["reason"]) == ((False, "user_limit") if merged else (True, None))


@ON_BOTH
@pytest.mark.parametrize("merged", [False, True])
def test_what_may_be_promised_to_a_person_is_less_what_every_id_was(settings, desk, merged):
    made = campaign(budget=Budget(granted_cents=10_000, per_user_cents=150, reserve_share=0.0))
    plan(settings, ranker(), made, TUESDAY, NOW, desk)
    if merged:
        linked(desk)
    with desk.journal.read() as connection:
        left = read_user_limits(connection, made, [A], NOW)[A]
        rows = sa.select(coupons.c.user_id, coupons.c.expected_cents)
        promised = dict(connection.execute(rows).tuples().all())
    assert left == 150 - promised[A] - (promised[B] if merged else 0)


@ON_BOTH
def test_the_desk_itself_adds_up_whoever_planned(desk):
    desk.open(small(per_user_day=1), [SOHO], PLANNED)
    desk.issue("c", [decision("card-a")], PLANNED)
    linked(desk, "ann", "card-a")
    done = desk.issue("c", [decision("ann"), decision("bob")], PLANNED)
    assert (done.n_issued, done.refused) == (1, {"limit_reached": 1})
    assert sorted(user for user in ("ann", "bob", "card-a") if desk.wallet(user, PLANNED)) == ["bob", "card-a"]


@ON_BOTH
@pytest.mark.parametrize("merged", [False, True])
def test_messages_to_all_ids_of_a_person_are_spaced_as_one(desk, merged):
    desk.open(small(per_user_day=9), [SOHO], PLANNED)
    desk.issue("c", [decision(user) for user in ("ann", "card-a", "bob")], PLANNED)
    if merged:
        linked(desk, "ann", "card-a")
    page = desk.due(SEND, SEND + timedelta(hours=1), 10, None, SEND, "phone")
    told = sorted(offer.user_id for offer in page.offers)
    assert told == (["ann", "bob"] if merged else ["ann", "bob", "card-a"])
    with desk.journal.read() as connection:
        messages = Messages(connection, {"card-a"}, SEND, 7200)
        assert len(messages.others("card-a", "off_other")) == 1
        assert names_of(connection, ["card-a", "bob"]) == ({"ann": "ann", "card-a": "ann"} if merged else {})


def test_a_person_is_their_names_and_the_rest_in_order():
    persons = Persons({"b": "n", "a": "n", "x": "y"})
    assert (persons.name("a"), persons.name("z"), persons.ids("n"), persons.ids("z")) == (
        "n",
        "z",
        ("n", "a", "b"),
        ("z",),
    )
    assert persons.doubles({"a", "b", "n", "z"}) == {"a", "b"}
    assert persons.doubles({"a", "b", "x"}) == {"b"}
    assert persons.doubles({"n", "y"}) == set()


def test_every_decision_is_a_persons(settings, desk):
    planned(settings, desk)
    with desk.journal.read() as connection:
        users = connection.execute(sa.select(decisions.c.user_id)).scalars().all()
    assert sorted(users) == sorted(set(PEOPLE) - {B})
