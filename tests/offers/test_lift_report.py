from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from offers.assigned import assigned, given, logged, n_erased
from offers.campaign import Stop
from offers.cannibalised import Cannibalised
from offers.desk import open_desk
from offers.errors import PlanError
from offers.lift import Lift
from offers.lift_report import LiftReport, newest, report_file, save, stopped_by
from offers.power import Showable
from offers.stop_rules import REASONS
from tests.offers.desk_world import AT, DAY, PLANNED, SOHO, ask, campaign, code_of, decision

LIFT = Lift("concluded", 950, 50, lift=3.0, low=1.0, high=5.0, smallest_effect=2.8)
REPORT = LiftReport(
    "c", datetime(2025, 12, 1, tzinfo=UTC), datetime(2025, 12, 2, tzinfo=UTC), None, 28, LIFT, LIFT,
    Cannibalised(3, (0.5, 0.4, 0.6)), 300, 0, 1, 1.5, Showable(950, 50, 2.0, 0.7, None, 0.3),
)  # fmt: skip


def test_what_is_saved_is_read_again_and_replaced_whole(tmp_path):
    assert newest(tmp_path, "c") is None
    path = save(tmp_path, REPORT)
    assert newest(tmp_path, "c") == REPORT
    later = replace(REPORT, everyone=Lift("cannot_conclude", 5, 1, "too_few_people"))
    assert save(tmp_path, later) == path == report_file(tmp_path, "c")
    assert newest(tmp_path, "c") == later
    assert [file.name for file in path.parent.iterdir()] == ["lift-c.json"]


@pytest.mark.parametrize("bytes_", [b"", b"{}", b"\xff"])
def test_a_damaged_report_says_what_to_do(tmp_path, bytes_):
    save(tmp_path, REPORT).write_bytes(bytes_)
    with pytest.raises(PlanError, match="daypart lift c"):
        newest(tmp_path, "c")


LOSING = replace(REPORT, everyone=replace(LIFT, always_high=-0.5))


def test_a_campaigns_rules_are_judged_by_its_newest_report(tmp_path):
    on, off = Stop(lift_upper_below_zero=True), Stop()
    assert stopped_by(tmp_path, "c", on) is None
    save(tmp_path, REPORT)
    assert stopped_by(tmp_path, "c", on) is None
    save(tmp_path, LOSING)
    assert stopped_by(tmp_path, "c", on).startswith(f"{REASONS['losing']} (by daypart lift, through 2025-12-01")
    assert stopped_by(tmp_path, "c", off) is stopped_by(tmp_path, "d", on) is None


def test_the_return_is_of_all_that_was_given_away(tmp_path):
    # 950 people times 3 cents on 3,000: 1.95 for each cent, of a sample that shows 2.8 cents a person.
    save(tmp_path, replace(REPORT, discounts_cents=3000))
    assert stopped_by(tmp_path, "c", Stop(min_return_on_spend=1.95)) is None
    assert REASONS["low_return"] in stopped_by(tmp_path, "c", Stop(min_return_on_spend=1.96))


def test_a_damaged_report_stops_only_who_asks_for_it(tmp_path):
    save(tmp_path, REPORT).write_bytes(b"{}")
    assert stopped_by(tmp_path, "c", Stop()) is None
    with pytest.raises(PlanError, match="daypart lift c"):
        stopped_by(tmp_path, "c", Stop(min_return_on_spend=1.0))


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def desk(request):
    desk = open_desk(request.getfixturevalue(request.param))
    desk.open(campaign(per_user_day=9), [SOHO], PLANNED)
    kept = replace(decision("cat"), holdout=True, sent_arm=0, terms=None, reason="holdout")
    idle = replace(decision("dan"), planned_arm=0, sent_arm=0, terms=None, reason="no_gain")
    desk.issue("c", [decision("ann"), decision("bob"), kept, idle], PLANNED)
    yield desk
    desk.journal.close()


def test_who_was_decided_and_where_they_stand(desk):
    later = PLANNED + timedelta(hours=1)
    tomorrow = DAY + timedelta(1)
    # bob's share of the holdout grew, and dan is meant to get something after all.
    again = [
        replace(decision(user, tomorrow), terms=None, sent_arm=0, holdout=user == "bob") for user in ("bob", "dan")
    ]
    desk.issue("c", again, later)
    with desk.journal.read() as connection:
        first = {row.user_id: (row.held, row.start) for row in assigned(connection, "c", later)}
        assert first == {user: (user == "cat", PLANNED) for user in ("ann", "bob", "cat", "dan")}
        # Nobody changes sides.
        assert first == {row.user_id: (row.held, row.start) for row in assigned(connection, "c", AT)}
        planned = {row.user_id: row.start for row in assigned(connection, "c", AT, planned_only=True)}
        assert planned == {"ann": PLANNED, "bob": PLANNED, "cat": PLANNED, "dan": later}
        assert set(planned) - {row.user_id for row in assigned(connection, "c", later, planned_only=True)} == {"dan"}
        assert list(assigned(connection, "c", PLANNED)) == list(assigned(connection, "other", AT)) == []
        assert {row.untouched for row in assigned(connection, "c", AT, planned_only=True)} == {PLANNED}
        assert n_erased(connection, "c") == 0


def test_what_was_given_less_what_came_back(desk):
    desk.redeem(code_of(desk, "ann"), ask(), "1", AT)
    code = code_of(desk, "bob")
    desk.redeem(code, ask(order_id="o2"), "2", AT)
    desk.reverse(code, ask(order_id="o2"), "3", AT + timedelta(minutes=1))
    with desk.journal.read() as connection:
        before, between, after = (
            given(connection, "c", at) for at in (AT, AT + timedelta(seconds=1), AT + timedelta(minutes=2))
        )
    assert [(found.cents, found.n_redeemed) for found in (before, between, after)] == [(0, 0), (200, 2), (100, 2)]
    assert after.product_ids == {"latte"}
    assert before.redeemers == ()
    assert [user for user, _ in after.redeemers] == ["ann", "bob"]
    moves = dict(after.redeemers)
    assert [moves[user].split()[1::3] for user in ("ann", "bob")] == [["redeem"], ["redeem", "reverse"]]
    assert dict(between.redeemers)["bob"] != moves["bob"]


def test_what_another_campaign_touched(desk):
    """dan is decided for a second campaign a day later: untouched until the first."""
    later = PLANNED + timedelta(days=1)
    desk.open(structs.replace(campaign(), id="d"), [SOHO], later)
    desk.issue(
        "d", [replace(decision("dan"), terms=None, sent_arm=0), replace(decision("eve"), terms=None, sent_arm=0)], later
    )
    with desk.journal.read() as connection:
        found = {row.user_id: (row.start, row.untouched) for row in assigned(connection, "d", AT)}
    assert found == {"dan": (later, PLANNED), "eve": (later, later)}


def test_what_was_drawn_is_logged_and_what_the_rules_refused_is_not(desk):
    """ann's second offer for the same day meets the limit of one a day; nobody drew that."""
    tomorrow = DAY + timedelta(1)
    desk.open(campaign(per_user_day=1), [SOHO], PLANNED)
    desk.issue("c", [decision("ann", tomorrow)], PLANNED)
    with desk.journal.read() as connection:
        rows = [(row.user_id, row.for_date, row.sent_arm, row.propensity) for row in logged(connection, "c", AT)]
        assert list(logged(connection, "c", PLANNED)) == []
    assert rows == [(user, DAY.isoformat(), int(user in ("ann", "bob")), 0.95) for user in ("ann", "bob", "cat", "dan")]
