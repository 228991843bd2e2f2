"""A date planned again within the day: money and shelves move, and those whom they left without an offer are weighed again."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from offers.answers import Ask
from offers.assigned import logged
from offers.book import Line
from offers.campaign import Budget, Planning
from offers.chance import is_held_out
from offers.database import LedgerError
from offers.desk import Desk
from offers.erasing import make_nobodys
from offers.journal import Journal
from offers.pacing import NOBODY, changed, waiting
from offers.persons import Persons
from offers.plan import plan
from offers.tables import coupons, decisions
from offers.verify import verify
from tests.offers.desk_world import PLANNED, SOHO, decision
from tests.offers.desk_world import campaign as small
from tests.offers.plan_world import KNOWN, NOW, PEOPLE, TUESDAY, _put, campaign, ranker, write


def money(cents):
    return Budget(granted_cents=cents, reserve_share=0.0)


# An offer costs from 8 cents on, the best ones some 140 each.
POOR, RICH, NONE = money(50), money(10_000), money(0)
ONE_WISH = Planning(n_products=1, holdout_share=0.0)
EVENING = datetime.fromisoformat("2025-11-03T19:00-05:00")
MORNING = datetime.fromisoformat("2025-11-04T06:30-05:00")
NOON = datetime.fromisoformat("2025-11-04T12:00-05:00")
NIGHT = datetime.fromisoformat("2025-11-04T18:00-05:00")


@pytest.fixture
def settings(tmp_path):
    return write(tmp_path / "home")


@pytest.fixture
def desk(request):
    url = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    made = Desk(Journal(url))
    yield made
    assert verify(made.journal) == []
    made.journal.close()


ON_BOTH = pytest.mark.parametrize("desk", ["sqlite_url", "postgres_url"], indirect=True)


def planned(settings, desk, budget=POOR, now=NOW, again=False, **changes):
    extra = {name: changes.pop(name) for name in ("persons", "allows") if name in changes}
    return plan(settings, ranker(), campaign(budget=budget, **changes), TUESDAY, now, desk, again=again, **extra)


def offers(desk, now=NOW):
    return {user: [offer.valid_from.hour for offer in desk.wallet(user, now)] for user in PEOPLE[:8]}


def kept(desk):
    """(user, again, planned, sent, reason) of every decision on record."""
    columns = [decisions.c[name] for name in ("user_id", "again", "planned_arm", "sent_arm", "reason")]
    with desk.journal.read() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(*columns[:2]))]


def shelves(settings, stock):
    """The stores' shelves counted again: so many of everything."""
    file = settings.features / "store_assortment.parquet"
    rows = pq.read_table(file).to_pylist()
    later = KNOWN + timedelta(hours=1 + len(rows))
    newest = {row["store_id"]: row for row in rows}.values()
    counted = [{**row, "stock_units": [stock] * len(row["stock_units"]), "event_timestamp": later} for row in newest]
    _put(file, rows + counted)


@ON_BOTH
def test_money_raised_by_noon_reaches_those_whose_slot_is_ahead(settings, desk):
    first = planned(settings, desk)
    left_out = [user for user, hours in offers(desk).items() if not hours]
    assert 0 < first.n_issued < 8
    assert first.reasons_not["budget"] == len(left_out)
    late = {user for user in left_out if int(user[1:]) % 2}
    assert 0 < len(late) < len(left_out)
    # At noon the windows of eight o'clock are over, those of eighteen are to come.
    report = planned(settings, desk, RICH, NOON, again=True)
    assert (report.n_issued, report.n_again, report.n_known) == (len(late), len(left_out), 10 - len(left_out))
    assert report.reasons_not == {"slot_passed": len(left_out) - len(late)}
    assert {user for user in left_out if offers(desk, NOON)[user] == [18]} == late
    assert report.value_cents <= report.bound_cents
    for user in late:
        made = desk.decision("c", TUESDAY, user)
        assert (made["again"], made["reason"], made["propensity"], made["made_at"]) == (1, None, 1.0, NOON)
        assert (made["campaign_version"], made["model_version"]) == (None, ranker().version)


def test_before_the_day_everybody_whom_money_left_out_is_reached(settings, desk):
    first = planned(settings, desk)
    assert first.n_issued + planned(settings, desk, RICH, EVENING, again=True).n_issued == 8
    assert all(len(hours) == 1 for hours in offers(desk, EVENING).values())


def test_without_again_a_repeated_plan_leaves_them_alone(settings, desk):
    planned(settings, desk)
    before = kept(desk)
    report = planned(settings, desk, RICH)
    assert (report.n_considered, report.n_known, report.n_again) == (0, 10, 0)
    assert kept(desk) == before


def test_nothing_changed_issues_nothing_and_says_so(settings, desk):
    planned(settings, desk)
    before = kept(desk)
    report = planned(settings, desk, again=True)
    assert (report.n_issued, report.cost_cents) == (0, 0)
    assert report.notes[1].startswith(
        f"again: of {report.n_again} whom money or stock left without an offer nobody can"
    )
    assert report.reasons_not == {"budget": report.n_again}
    assert kept(desk) == before


def test_the_second_of_two_runs_finds_nothing_left_to_do(settings, desk):
    planned(settings, desk)
    assert planned(settings, desk, RICH, again=True).n_issued > 0
    before = kept(desk)
    report = planned(settings, desk, RICH, again=True)
    assert (report.n_considered, report.n_issued, report.n_again, report.notes[0]) == (0, 0, 0, NOBODY)
    assert kept(desk) == before


def test_where_nothing_was_planned_yet_again_is_the_plan(settings, desk):
    assert planned(settings, desk, RICH, again=True).n_issued == 8
    assert {row[1] for row in kept(desk)} == {0}


@pytest.mark.parametrize(("stock", "n"), [(0, 0), (9, 8)])
def test_a_shelf_that_empties_sends_nothing_and_one_that_fills_sends(settings, desk, stock, n):
    shelves(settings, 1)
    first = planned(settings, desk, RICH, plan=ONE_WISH)
    assert 0 < first.n_issued < 8
    assert first.reasons_not["stock"] == 8 - first.n_issued
    shelves(settings, stock)
    report = planned(settings, desk, RICH, again=True, plan=ONE_WISH)
    assert report.n_issued == max(0, n - first.n_issued)
    if not stock:
        assert report.reasons_not == {"no_product": 8 - first.n_issued}


def test_when_all_slots_are_past_nothing_is_sent(settings, desk):
    planned(settings, desk)
    report = planned(settings, desk, RICH, NIGHT, again=True)
    assert (report.n_issued, set(report.reasons_not)) == (0, {"slot_passed"})
    assert all(row[1] == 0 for row in kept(desk))


def test_windows_that_pass_unused_give_their_money_to_those_to_come(settings, desk):
    planned(settings, desk)
    early = [user for user, hours in offers(desk).items() if hours == [8]]
    assert early
    report = planned(settings, desk, now=NOON, again=True)
    assert report.n_issued > 0
    with desk.journal.read() as connection:
        spent = connection.execute(
            sa.select(sa.func.sum(coupons.c.expected_cents)).where(coupons.c.valid_until > NOON)
        ).scalar_one()
    assert spent <= 50


def test_what_was_used_on_the_day_doesnt_come_back_to_the_shelf(settings, desk):
    shelves(settings, 1)
    planned(settings, desk, RICH, MORNING, plan=ONE_WISH)
    for user in PEOPLE[:8]:
        for offer in desk.wallet(user, MORNING):
            lines = (Line(offer.product_id, 1, 600),)
            ask = Ask(store_id=offer.store_id, order_id=user, lines=lines, till_time=offer.valid_from)
            assert desk.redeem(offer.coupon_code, ask, user, MORNING).ok
    report = planned(settings, desk, RICH, MORNING, again=True, plan=ONE_WISH)
    assert (report.n_issued, report.reasons_not) == (0, {"stock": report.n_again})


def test_the_holdout_stays_and_is_decided_alike(settings, desk):
    half = {"plan": Planning(n_products=5, holdout_share=0.5)}
    planned(settings, desk, NONE, **half)
    report = planned(settings, desk, RICH, again=True, **half)
    held = [user for user in PEOPLE[:8] if is_held_out(user, 0.5)]
    assert 0 < len(held) < 8
    assert (report.n_issued, report.reasons_not["holdout"]) == (8 - len(held), len(held))
    assert all(not hours for user, hours in offers(desk).items() if user in held)
    for user in held:
        made = desk.decision("c", TUESDAY, user)
        assert (made["again"], made["planned_arm"] > 0, made["sent_arm"], made["propensity"]) == (1, True, 0, 0.5)
    # As each of them was first decided, so does a lift count them; a third run has nobody left.
    assert planned(settings, desk, RICH, again=True, **half).notes[0] == NOBODY
    assert desk.campaign("c", NOW)["n_decided"] == 10


def test_a_plan_without_money_means_nothing_for_the_holdout_either(settings, desk):
    planned(settings, desk, NONE, plan=Planning(n_products=5, holdout_share=0.5))
    assert {row[2] for row in kept(desk)} == {0}


def test_who_has_said_no_since_gets_nothing(settings, desk):
    planned(settings, desk, NONE)
    report = planned(settings, desk, RICH, again=True, allows=lambda user: user != PEOPLE[0])
    assert (report.n_issued, report.reasons_not) == (7, {"no_consent": 1})
    assert desk.decision("c", TUESDAY, PEOPLE[0])["again"] == 0


def test_a_person_who_has_an_offer_under_another_id_is_left_alone(settings, desk):
    planned(settings, desk)
    by = offers(desk)
    has = next(user for user in by if by[user])
    lacks, other = [user for user in by if not by[user]][:2]
    # The other one has got a new name since; it is theirs that the offer is for.
    planned(settings, desk, RICH, again=True, persons=Persons({lacks: has, other: "new"}))
    assert desk.decision("c", TUESDAY, lacks)["again"] == 0
    assert (len(desk.wallet("new", NOW)), desk.decision("c", TUESDAY, "new")["again"]) == (1, 1)


def test_a_run_that_is_killed_leaves_whole_batches_and_the_next_finishes(settings, desk, monkeypatch):
    planned(settings, desk, NONE)
    monkeypatch.setattr("offers.plan.BATCH", 3)
    issue, calls = desk.issue, []

    def fail_at_the_second(*batch):
        calls.append(batch)
        if len(calls) == 2:
            raise OSError("the lights went out")
        return issue(*batch)

    monkeypatch.setattr(desk, "issue", fail_at_the_second)
    with pytest.raises(OSError, match="lights"):
        planned(settings, desk, RICH, again=True)
    assert sum(map(len, offers(desk).values())) == 3
    assert planned(settings, desk, RICH, again=True).n_issued == 5
    assert all(len(hours) == 1 for hours in offers(desk).values())


def test_a_batch_that_breaks_leaves_nothing_of_itself(settings, desk, monkeypatch):
    planned(settings, desk, NONE)
    before = kept(desk)

    def torn(*told, **more):
        raise OSError("the lights went out")

    with monkeypatch.context() as patched:
        patched.setattr("offers.issuing.digest_of", torn)
        with pytest.raises(LedgerError, match="lights"):
            planned(settings, desk, RICH, again=True)
    assert (kept(desk), sum(map(len, offers(desk).values()))) == (before, 0)


@ON_BOTH
def test_two_runs_at_once_never_give_two_offers_or_overspend(settings, desk):
    planned(settings, desk, NONE)
    both, failed = threading.Barrier(2), []

    class Together(Desk):
        """Reads what is left, waits for the other one to have read it too, then issues."""

        def issue(self, *batch):
            both.wait(timeout=20)
            return super().issue(*batch)

    def run(n):
        try:
            # The second one raises more, so that the two aren't of one mind.
            planned(settings, Together(desk.journal), money(90 - 20 * n), again=True)
        except Exception as error:
            failed.append(error)

    runs = [threading.Thread(target=run, args=(n,)) for n in range(2)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert failed == []
    assert max(map(len, offers(desk).values())) == 1
    assert 0 < desk.campaign("c", NOW)["promised_cents"] <= 90


def test_whose_day_chance_was_to_decide_is_left_alone(settings, desk):
    everybody = {"plan": Planning(n_products=5, holdout_share=0.0, explore_share=1.0)}
    planned(settings, desk, NONE, **everybody)
    report = planned(settings, desk, RICH, again=True, **everybody)
    assert (report.n_again, report.n_issued, report.n_known) == (0, 0, 10)
    half = {"plan": Planning(n_products=5, holdout_share=0.0, explore_share=0.5), "id": "d"}
    planned(settings, desk, NONE, **half)
    report = planned(settings, desk, RICH, again=True, **half)
    assert 0 < report.n_again < 8
    with desk.journal.read() as connection:
        rows = list(logged(connection, "d", NOW + timedelta(1)))
        chances = [row.propensity for row in rows if row.sent_arm]
    # As likely as that the day didn't explore, and that it did and drew the same.
    assert len(rows) == 10
    assert len(chances) == report.n_issued > 0
    assert all(0.5 <= chance < 1.0 for chance in chances)


def test_what_the_desk_refused_for_money_waits_and_other_rules_dont(desk):
    desk.open(small(30, 0.0), [SOHO], PLANNED)
    day = decision("ann").for_date
    lost = replace(decision("cat"), planned_arm=0, sent_arm=0, terms=None, reason="no_gain")
    done = desk.issue("c", [decision("ann"), decision("bob"), lost], PLANNED)
    assert done.refused == {"budget_exhausted": 1}
    persons = {"bob": Persons(), "": Persons({"bob": "ann"}), "z": Persons({"bob": "z"})}
    for name, told in persons.items():
        assert waiting(desk.journal, "c", day, told) == ({name: 1} if name else {})
    assert waiting(desk.journal, "c", day + timedelta(1), Persons()) == {}
    # Refused by the desk once more, they wait once more.
    assert desk.issue("c", [replace(decision("bob"), again=1)], PLANNED).refused == {"budget_exhausted": 1}
    assert waiting(desk.journal, "c", day, Persons()) == {"bob": 2}
    # Of a person of several ids, the one who waited most often counts.
    desk.issue("c", [decision("dan")], PLANNED)
    assert waiting(desk.journal, "c", day, Persons({"bob": "z", "dan": "z"})) == {"z": 2}
    with desk.journal.write() as connection:
        make_nobodys(connection, ["bob"])
    assert waiting(desk.journal, "c", day, Persons()) == {"dan": 1}


def test_only_what_changes_is_recorded():
    first, still = decision("ann"), replace(decision("bob"), planned_arm=0, sent_arm=0, terms=None, again=1)
    sent, held = replace(decision("cat"), again=1), replace(decision("dan"), sent_arm=0, terms=None, again=2)
    assert changed([first, still, held]) == [first]
    assert changed([first, still, sent, held]) == [first, sent, held]
