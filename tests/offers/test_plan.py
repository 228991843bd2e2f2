import json
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.when import When
from offers.campaign import Budget, Limits, Planning, Prior, Stop, Stores
from offers.campaign_file import CampaignError
from offers.chance import is_held_out
from offers.desk import Desk
from offers.errors import PlanError
from offers.expected import NO_MODEL
from offers.journal import Journal
from offers.lift_report import save
from offers.plan import plan
from offers.responses import BY_SLOPE
from offers.tables import coupons, decisions
from offers.verify import verify
from tests.models import when_world
from tests.offers import visit_file
from tests.offers.plan_world import KNOWN, NOW, PEOPLE, TUESDAY, campaign, ranker, write
from tests.offers.test_lift_report import LOSING


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


@pytest.fixture
def desk(sqlite_url):
    journal = Journal(sqlite_url)
    yield Desk(journal)
    journal.close()


def capped_budget():
    """A hundred and fifty cents a person: a coupon of two hundred could never be paid."""
    return Budget(granted_cents=10_000, per_user_cents=150, reserve_share=0.0)


def kept(desk, user):
    return desk.decision("c", TUESDAY, user)


def test_everyone_gets_their_best_at_their_hour(settings, desk):
    report = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    assert (report.n_considered, report.n_issued, report.reasons_not) == (10, 8, {"no_store": 2})
    for n, user in enumerate(PEOPLE[:8]):
        [offer] = desk.wallet(user, NOW)
        hour = 8 if n % 2 == 0 else 18
        assert (offer.store_id, offer.valid_from.hour, offer.valid_from.date()) == (f"s{n % 2}", hour, TUESDAY)
        assert offer.valid_until - offer.valid_from == timedelta(hours=2)
        assert offer.send_at.isoformat() == "2025-11-03T18:00:00-05:00"
        assert int(offer.product_id[1:]) % 2 == n % 2
        assert offer.text["en"] == f"Tomorrow {hour}:00, product {offer.product_id} −$2.00"
    assert verify(desk.journal) == []


def test_what_isnt_sold_offered_or_affordable_is_never_chosen(settings, desk):
    plan(settings, ranker(), campaign(plan=Planning(n_products=99, holdout_share=0)), TUESDAY, NOW, desk)
    with desk.journal.read() as connection:
        rows = connection.execute(sa.select(decisions.c.user_id, decisions.c.arms)).all()
    weighed = {(int(user[1:]) % 2, arm[0]) for user, arms in rows for arm in json.loads(arms) if arm[0]}
    names = {product for _, product in weighed}
    assert len(names) > 4
    # Sold out, a beer, no room above the floor; without a price in s1; in no assortment.
    assert not names & {"p02", "p04", "p06", "p09", "p11", "p13", "p15", "p16"}
    assert all(int(product[1:]) % 2 == parity for parity, product in weighed)


def test_a_product_without_a_cost_is_taken_to_cost_most_of_its_price(settings, desk):
    made = campaign(plan=Planning(n_products=99, holdout_share=0))
    plan(settings, ranker(), made, TUESDAY, NOW, desk)
    with desk.journal.read() as connection:
        rows = connection.execute(sa.select(decisions.c.arms)).scalars().all()
    arms = [arm for arms in rows for arm in json.loads(arms) if arm[0] == "p00"]
    # 75% of 600 is 450 and the floor 495: no more than 105 off.
    assert all(arm[1] <= 100 for arm in arms)
    with desk.journal.read() as connection:
        floors = connection.execute(
            sa.select(coupons.c.price_cents, coupons.c.discount_cents, coupons.c.floor_cents)
        ).all()
    assert all(price - off >= floor == 110 for price, off, floor in floors)


def test_planning_again_changes_nothing(settings, desk):
    first = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    again = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    assert (again.n_considered, again.n_known, again.n_issued, again.value_cents) == (0, 10, 0, 0.0)
    assert desk.campaign("c", NOW)["n_issued"] == first.n_issued
    another = plan(settings, ranker(), campaign(), TUESDAY + timedelta(1), NOW, desk)
    assert another.n_issued == 8


def test_a_plan_that_broke_off_is_finished_by_the_next(settings, desk, monkeypatch):
    monkeypatch.setattr("offers.plan.BATCH", 3)
    issue, calls = desk.issue, []

    def fail_at_the_third(*batch):
        calls.append(batch)
        if len(calls) == 3:
            raise OSError("the lights went out")
        return issue(*batch)

    monkeypatch.setattr(desk, "issue", fail_at_the_third)
    with pytest.raises(OSError, match="lights"):
        plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    report = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    assert (report.n_known, report.n_considered) == (6, 4)
    assert [len(desk.wallet(user, NOW)) for user in PEOPLE] == [1] * 8 + [0, 0]


def test_a_short_budget_goes_where_a_cent_earns_most(settings, desk):
    tight = campaign(budget=Budget(granted_cents=63, reserve_share=0.2))
    report = plan(settings, ranker(), tight, TUESDAY, NOW, desk)
    assert report.budget_cents == 50
    assert 0 < report.cost_cents <= 50
    assert report.price > 0
    assert 0 <= report.gap < 0.5
    assert report.value_cents <= report.bound_cents
    assert report.reasons_not["budget"] > 0
    assert desk.campaign("c", NOW)["promised_cents"] == report.cost_cents
    loose = plan(settings, ranker(), campaign(id="d"), TUESDAY, NOW, desk)
    assert loose.price == 0
    assert report.value_cents / report.cost_cents > loose.value_cents / loose.cost_cents


@pytest.mark.parametrize(
    ("changes", "first"), [({"limits": Limits(per_user=1)}, 200), ({"budget": capped_budget()}, 100)]
)
def test_what_one_person_may_have_is_planned_with(settings, desk, changes, first):
    made = campaign(**changes)
    assert plan(settings, ranker(), made, TUESDAY, NOW, desk).n_issued == 8
    assert max(offer.discount_cents for user in PEOPLE for offer in desk.wallet(user, NOW)) == first
    again = plan(settings, ranker(), made, TUESDAY + timedelta(1), NOW, desk)
    # Nothing is planned that the desk would refuse: not its value, not its cost.
    assert again.reasons_not.get("limit_reached", 0) == again.reasons_not.get("budget_exhausted", 0) == 0
    if "limits" in changes:
        assert (again.n_issued, again.value_cents, again.reasons_not) == (0, 0.0, {"no_store": 2, "user_limit": 8})


def test_a_day_that_is_over_or_far_off_is_refused(settings, desk):
    # The third of November has begun everywhere twelve hours after it has in UTC.
    with pytest.raises(PlanError, match="2025-11-01, which is over everywhere"):
        plan(settings, ranker(), campaign(), date(2025, 11, 1), NOW, desk)
    with pytest.raises(PlanError, match="more than 92 days ahead"):
        plan(settings, ranker(), campaign(), TUESDAY + timedelta(days=92), NOW, desk)
    assert plan(settings, ranker(), campaign(), TUESDAY + timedelta(days=91), NOW, desk).n_considered == 10


def test_no_money_sends_nothing_and_says_so(settings, desk):
    report = plan(settings, ranker(), campaign(budget=Budget(granted_cents=0)), TUESDAY, NOW, desk)
    assert (report.n_issued, report.cost_cents) == (0, 0)
    assert report.reasons_not == {"budget": 8, "no_store": 2}
    assert report.notes[0].startswith("no money is left to promise, so nothing is sent")


def test_who_comes_anyway_gets_nothing_and_the_reason(settings, desk):
    certain = campaign(prior=Prior(response_slope=0.5, visit_visits=1.0, visit_days=2.0))
    report = plan(settings, ranker(), certain, TUESDAY, NOW, desk)
    assert (report.n_issued, report.reasons_not) == (0, {"comes_anyway": 8, "no_store": 2})
    assert [arm.product_id for arm in kept(desk, "u00")["arms"]] == [None]


def test_a_message_costs_something(settings, desk):
    dear = campaign(prior=replace_prior(contact_cents=200.0))
    assert plan(settings, ranker(), dear, TUESDAY, NOW, desk).reasons_not == {"no_gain": 8, "no_store": 2}


def replace_prior(**changes):
    return Prior(**{"response_slope": 8.0, "visit_visits": 1.0, "visit_days": 2.0, **changes})


def test_the_holdout_is_kept_without_offers_but_on_record(settings, desk):
    half = campaign(plan=Planning(n_products=5, holdout_share=0.5))
    report = plan(settings, ranker(), half, TUESDAY, NOW, desk)
    held = [user for user in PEOPLE[:8] if kept(desk, user)["holdout"]]
    assert 0 < len(held) < 8
    assert report.n_issued == 8 - len(held)
    assert report.reasons_not["holdout"] == len(held)
    for user in PEOPLE[:8]:
        made = kept(desk, user)
        assert made["planned_arm"] > 0
        assert made["propensity"] == 0.5
        assert (made["sent_arm"] == 0) is (user in held) is (not desk.wallet(user, NOW))
    assert desk.campaign("c", NOW)["n_holdout"] >= len(held)


def test_who_does_not_allow_offers_gets_none_and_the_reason(settings, desk):
    unwilling = set(PEOPLE[:3])
    report = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk, allows=lambda user: user not in unwilling)
    assert (report.n_considered, report.n_issued, report.reasons_not) == (10, 5, {"no_store": 2, "no_consent": 3})
    assert [desk.wallet(user, NOW) for user in PEOPLE[:3]] == [[], [], []]
    assert (kept(desk, PEOPLE[0])["reason"], len(kept(desk, PEOPLE[0])["arms"])) == ("no_consent", 1)
    assert kept(desk, PEOPLE[0])["holdout"] is is_held_out(PEOPLE[0], campaign().plan.holdout_share)
    assert verify(desk.journal) == []


def test_decisions_say_what_they_were_made_from(settings, desk):
    plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    made = kept(desk, "u00")
    assert (made["feature_version"], made["model_version"]) == (KNOWN.isoformat(), ranker().version)
    assert made["arms"][0].product_id is None
    assert made["arms"][made["planned_arm"]].product_id == desk.wallet("u00", NOW)[0].product_id
    assert kept(desk, "u90")["reason"] == "no_store"


def test_features_after_now_are_not_seen(settings, desk):
    # A moment earlier only the snapshot of the 1st is known, with the wrong store.
    report = plan(settings, ranker(), campaign(), TUESDAY, KNOWN - timedelta(microseconds=1), desk)
    assert report.reasons_not == {"no_store": 10}
    assert plan(settings, ranker(), campaign(id="d"), TUESDAY, KNOWN, desk).n_issued == 8


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        ("2025-11-03T18:30-05:00", {8: "2025-11-03T18:30:00-05:00", 18: "2025-11-03T18:30:00-05:00"}),
        ("2025-11-03T21:00-05:00", {18: "2025-11-04T08:00:00-05:00"}),
        ("2025-11-04T12:00-05:00", {18: "2025-11-04T12:00:00-05:00"}),
        ("2025-11-04T18:00-05:00", {}),
    ],
)
def test_a_late_plan_sends_what_can_still_be_announced(settings, desk, now, hours):
    moment = datetime.fromisoformat(now)
    report = plan(settings, ranker(), campaign(), TUESDAY, moment, desk)
    found = {offer.valid_from.hour: offer.send_at.isoformat() for user in PEOPLE for offer in desk.wallet(user, moment)}
    assert found == hours
    assert report.reasons_not.get("slot_passed", 0) == 8 - 4 * len(hours)


def test_a_stopped_campaign_isnt_planned(settings, desk):
    with pytest.raises(PlanError, match="campaign c is stopped; set stopped = false"):
        plan(settings, ranker(), campaign(stopped=True), TUESDAY, NOW, desk)
    assert desk.campaign("c", NOW)["stopped"] is True


def test_a_seed_of_the_same_world_gives_the_same_plan(settings, desk, tmp_path):
    one = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    journal = Journal(f"sqlite:///{tmp_path}/another.db")
    assert plan(settings, ranker(), campaign(), TUESDAY, NOW, Desk(journal)) == one
    journal.close()


def test_progress_reaches_everyone(settings, desk):
    told = []
    plan(settings, ranker(), campaign(), TUESDAY, NOW, desk, lambda done, total: told.append((done, total)))
    assert told == [(n, 10) for n in range(1, 11)]


@pytest.mark.parametrize(
    ("file", "remedy"),
    [("features/user_history.parquet", "daypart features"), ("features/user_profile.parquet", "daypart features"),
     ("features/user_rhythm.parquet", "daypart features"), ("features/store_assortment.parquet", "daypart features"),
     ("lake/products.parquet", "ingest"), ("lake/stores.parquet", "ingest")],
)  # fmt: skip
def test_a_missing_or_damaged_file_is_named_with_the_remedy(settings, desk, file, remedy):
    path = settings.home / file
    path.write_bytes(b"PAR1 not at all PAR1")
    with pytest.raises(PlanError) as damaged:
        plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    path.unlink()
    with pytest.raises(PlanError) as missing:
        plan(settings, ranker(), campaign(), TUESDAY, NOW, desk)
    for error in (damaged, missing):
        assert str(path) in str(error.value)
        assert remedy in str(error.value)
        assert "\n" not in str(error.value)


def test_a_plan_without_a_when_says_how_visits_are_reckoned(settings, desk):
    assert plan(settings, ranker(), campaign(), TUESDAY, NOW, desk).notes == (NO_MODEL, BY_SLOPE)


def test_with_a_when_people_are_asked_at_the_hour_it_expects(settings, desk):
    made = When.from_arrays(when_world.arrays(), when_world.parameters(), "w" * 16)
    last = TUESDAY.toordinal() - date(1970, 1, 1).toordinal() - 2
    visits = [(last - back, 13, "s0") for back in range(40, -1, -1)]
    visit_file.write(settings.features, [visit_file.row(user, KNOWN, visits) for user in PEOPLE[1:]])
    report = plan(settings, ranker(), campaign(), TUESDAY, NOW, desk, when=made)
    assert report.notes == (f"visits by when {'w' * 16}: own_visits 7; by counted rates: no_snapshot 1", BY_SLOPE)
    assert kept(desk, "u01")["model_version"] == f"{ranker().version}+{'w' * 16}"
    hours = [desk.wallet(user, NOW)[0].valid_from.hour for user in PEOPLE[:8]]
    assert hours == [8] + [13] * 7


@pytest.mark.parametrize(("stores", "where"), [(Stores(), "s1"), (Stores(exclude=("s1",)), "s0")])
def test_nobody_is_expected_in_a_store_that_the_campaign_leaves_out(settings, desk, stores, where):
    made = When.from_arrays(when_world.arrays(), when_world.parameters(), "w" * 16)
    last = TUESDAY.toordinal() - date(1970, 1, 1).toordinal() - 2
    visits = [(last - back, 8, "s0" if back % 4 == 3 else "s1") for back in range(40, -1, -1)]
    visit_file.write(settings.features, [visit_file.row("u02", KNOWN, visits)])
    plan(settings, ranker(), campaign(stores=stores), TUESDAY, NOW, desk, when=made)
    assert [offer.store_id for offer in desk.wallet("u02", NOW)] == [where]


def test_a_campaign_that_loses_by_its_own_rule_issues_nothing(settings, desk):
    save(settings.home, LOSING)
    with pytest.raises(PlanError, match=r"campaign c stops by its own rules: the lift's interval .*; change \[stop\]"):
        plan(settings, ranker(), campaign(stop=Stop(lift_upper_below_zero=True)), TUESDAY, NOW, desk)
    assert desk.campaign("c", NOW) is None
    assert plan(settings, ranker(), campaign(), TUESDAY, NOW, desk).n_issued == 8


def test_a_campaign_that_cant_work_is_refused_before_anything_is_opened(settings, desk):
    with pytest.raises(CampaignError, match="stores: no store is left"):
        plan(settings, ranker(), campaign(stores=Stores(exclude=("s0", "s1"))), TUESDAY, NOW, desk)
    assert desk.campaign("c", NOW) is None
