"""A wallet holds what can still be used, as its store's clock says it; what became of an offer is noted once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from offers.delivery import acknowledge, wallet
from offers.desk import Desk
from offers.journal import Journal
from offers.tables import coupons
from tests.offers.desk_world import AT, DAY, FROM, PLANNED, SEND, SOHO, TICK, UNTIL, ask, campaign, code_of, decision

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(sqlite_url):
    desk = Desk(Journal(sqlite_url))
    desk.open(campaign(10**6, per_user_day=9), [SOHO], PLANNED)
    yield desk
    desk.journal.close()


def issue(desk, *users, day=DAY, **terms):
    assert desk.issue("c", [decision(user, day, **terms) for user in users], PLANNED).n_issued == len(users)


def held_by(desk, user, now=AT):
    with desk.journal.read() as connection:
        return wallet(connection, user, now)


def test_it_holds_what_is_theirs_and_can_still_be_used(desk):
    issue(desk, "ann", "bob")
    assert [len(held_by(desk, "ann", now)) for now in (PLANNED, UNTIL - TICK, UNTIL)] == [1, 1, 0]
    assert desk.hold(code_of(desk, "ann"), ask(), "h", AT).ok
    assert [offer.state for offer in held_by(desk, "ann")] == ["held"]
    assert desk.redeem(code_of(desk, "ann"), ask(), "r", AT).ok
    assert (held_by(desk, "ann"), len(held_by(desk, "bob"))) == ([], 1)


def test_the_earliest_window_comes_first(desk):
    for n, later in enumerate((2, 0, 1, 3)):
        window = {"valid_from": FROM + later * HOUR, "valid_until": UNTIL + later * HOUR}
        issue(desk, "ann", day=DAY - timedelta(days=n), **window)
    assert [(offer.valid_from - FROM) // HOUR for offer in held_by(desk, "ann")] == [0, 1, 2, 3]


@pytest.mark.parametrize(("store_id", "clock"), [("soho", "08:00:00-05:00"), ("nowhere", "13:00:00+00:00")])
def test_times_are_the_stores_and_utc_where_its_clock_is_unknown(desk, store_id, clock):
    issue(desk, "ann", store_id=store_id)
    (offer,) = held_by(desk, "ann")
    assert offer.valid_from.isoformat() == f"2025-11-04T{clock}"
    assert (offer.valid_from, offer.valid_until, offer.send_at) == (FROM, UNTIL, SEND)


@pytest.mark.parametrize(("points", "cents"), [(0, 100), (7, 0)])
def test_points_take_nothing_off_the_price(desk, points, cents):
    issue(desk, "ann", points=points)
    assert [(offer.points, offer.discount_cents) for offer in held_by(desk, "ann")] == [(points, cents)]


@pytest.mark.parametrize(
    ("told", "state", "at"),
    [
        (["failed"], "failed", 0),
        (["failed", "failed"], "failed", 0),  # it stays as it was first told
        (["failed", "delivered"], "delivered", 1),
        (["delivered", "failed"], "delivered", 0),
        (["delivered", "delivered"], "delivered", 0),
    ],
)
def test_what_was_told_first_stays_and_delivered_wins(desk, told, state, at):
    issue(desk, "ann", "bob")
    mine = desk.wallet("ann", PLANNED)[0].offer_id
    with desk.journal.write() as connection:
        states = [acknowledge(connection, mine, outcome, SEND + n * HOUR) for n, outcome in enumerate(told)]
        found = sa.select(coupons.c.delivery, coupons.c.delivered_at).order_by(coupons.c.seq)
        rows = [tuple(row) for row in connection.execute(found)]
    assert states[-1] == state
    assert rows == [(state, SEND + at * HOUR), (None, None)]
    assert len(desk.pending_events(9)) == (state == "delivered")
