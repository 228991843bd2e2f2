from datetime import timedelta

import pytest

from offers.decisions import decided_of, decided_users, decision_of
from offers.desk import open_desk
from offers.erasing import make_nobodys
from tests.offers.desk_world import DAY, PLANNED, SOHO, campaign, decision


@pytest.fixture
def connection(sqlite_url):
    desk = open_desk(sqlite_url)
    desk.open(campaign(), [SOHO], PLANNED)
    desk.issue("c", [decision("ann"), decision("bob"), decision("ann", DAY + timedelta(1))], PLANNED)
    # Of others, and of another day: nobody asks for them.
    desk.issue("c", [decision("dan"), decision("ann", DAY - timedelta(1)), decision("gone", DAY)], PLANNED)
    with desk.journal.write() as connection:
        make_nobodys(connection, ["gone"])
    with desk.journal.read() as connection:
        yield connection
    desk.journal.close()


def test_decided_by_campaign_and_date(connection):
    assert decided_users(connection, "c", DAY) == {"ann", "bob", "dan"}
    assert decided_users(connection, "c", DAY + timedelta(1)) == {"ann"}
    assert decided_users(connection, "d", DAY) == set()


def test_a_batch_is_matched_by_user_and_date(connection):
    tomorrow = DAY + timedelta(1)
    batch = [decision("ann", tomorrow), decision("bob", tomorrow), decision("cat")]
    # ann and bob were decided for some of these dates; only the pairs count, which the caller compares.
    assert decided_of(connection, "c", batch) == {
        ("ann", tomorrow.isoformat()): 0,
        ("ann", DAY.isoformat()): 0,
        ("bob", DAY.isoformat()): 0,
    }
    assert decided_of(connection, "d", batch) == {}


def test_a_second_offer_for_the_same_day_is_refused_and_recorded(connection):
    # Both windows of ann lie on the 4th, whatever date they were planned for.
    made = decision_of(connection, "c", DAY + timedelta(1), "ann")
    assert (made["reason"], made["sent_arm"], made["planned_arm"]) == ("limit_reached", 0, 1)
    assert decision_of(connection, "c", DAY, "ann")["reason"] is None
